// Any bytes are comments in valid UTF-8, in every format, or an IoError. The first byte says how
// they are read.
#include <unroll/core/error.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "text/comments.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  constexpr std::array<const char*, 4> kFormats = {"csv", "tsv", "jsonl", "lines"};
  const unsigned how = data[0];
  const text::ReadOptions options{kFormats[how % 4], (how / 4) % 2 == 0 ? "" : "1", "", '\0',
                                  how % 5 == 0};
  try {
    std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    const std::string text = text::text_of_bytes(std::move(bytes), "input").text;
    (void)text::for_each_comment(text, "input", options, [](std::string_view comment) {
      if (text::repair_utf8(comment).invalid_bytes != 0) std::abort();
    });
  } catch (const unroll::IoError&) {
  }
  return 0;
}
