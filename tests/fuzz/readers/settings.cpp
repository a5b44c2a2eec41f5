// Any text is the settings of a model, or an error that says why not.
#include <unroll/core/error.h>

#include <cstdint>
#include <string>

#include "wordlm/settings.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const std::string text(reinterpret_cast<const char*>(data), size);
    wordlm::check(wordlm::settings_from_json(text, "input"));
  } catch (const unroll::Error&) {
  } catch (const unroll::IoError&) {
  }
  return 0;
}
