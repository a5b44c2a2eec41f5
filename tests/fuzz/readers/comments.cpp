// Any bytes are comments in valid UTF-8, in every format, or an IoError. The first byte says how
// they are read.
#include <unroll/core/error.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "wordlm/comments.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wordlm;
  if (size == 0) return 0;
  constexpr std::array<const char*, 3> kFormats = {"csv", "tsv", "lines"};
  const unsigned how = data[0];
  const ReadOptions options{kFormats[how % 3], how % 2 == 0 ? "" : "1", '\0', how % 5 == 0};
  try {
    const Comments comments =
        parse_comments({reinterpret_cast<const char*>(data) + 1, size - 1}, "input", options);
    for (const std::string& text : comments.texts) {
      if (repair_utf8(text).invalid_bytes != 0) std::abort();
    }
  } catch (const unroll::IoError&) {
  }
  return 0;
}
