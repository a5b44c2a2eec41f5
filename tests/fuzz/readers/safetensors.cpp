// Any bytes are a file of tensors or an IoError.
#include <unroll/core/error.h>
#include <unroll/core/safetensors.h>

#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    (void)unroll::parse_safetensors({reinterpret_cast<const char*>(data), size}, "input");
  } catch (const unroll::IoError&) {
  }
  return 0;
}
