#pragma once
/// Characters: UTF-8 repair, Unicode classes and lower case.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace wordlm {

/// The words of one sentence, in order, punctuation among them.
using Sentence = std::vector<std::string>;

/// One character of a text. A length of 0 means that there is none: the text has ended.
struct CodePoint {
  std::int32_t value = 0;
  std::size_t length = 0;  ///< bytes it takes in the text
};

/// The character at byte `at`. Bytes that are no UTF-8 read as U+FFFD, one byte at a time.
[[nodiscard]] CodePoint code_point_at(std::string_view text, std::size_t at = 0);

/// The character that ends just before byte `end`.
[[nodiscard]] CodePoint code_point_before(std::string_view text, std::size_t end);

/// Appends the UTF-8 form of `value`; U+FFFD for what is not a Unicode scalar value.
void append_code_point(std::string& text, std::int32_t value);

/// Whether there is a character of that number.
[[nodiscard]] bool is_code_point(std::int32_t value);

/// White space of any script, control characters, and what has no width (U+200B, U+FEFF).
[[nodiscard]] bool is_space(std::int32_t code_point);
[[nodiscard]] bool is_digit(std::int32_t code_point);
/// Letters, digits, and the marks that go with them.
[[nodiscard]] bool is_word_character(std::int32_t code_point);
[[nodiscard]] bool is_upper(std::int32_t code_point);
[[nodiscard]] bool is_lower(std::int32_t code_point);
[[nodiscard]] bool is_currency(std::int32_t code_point);

/// Symbols that are neither mathematics nor currency, emoji among them.
[[nodiscard]] bool is_pictograph(std::int32_t code_point);

/// A stretch of a text without white space, and where it begins.
struct Chunk {
  std::string_view text;  ///< empty at the end of the text
  std::size_t begin = 0;

  [[nodiscard]] bool empty() const { return text.empty(); }
  [[nodiscard]] std::size_t end() const { return begin + text.size(); }
};

/// The first chunk of `text` at or after byte `from`.
[[nodiscard]] Chunk next_chunk(std::string_view text, std::size_t from = 0);

/// Bytes turned into valid UTF-8, and what that took.
struct RepairedText {
  std::string text;
  std::int64_t invalid_bytes = 0;       ///< bad sequences, each replaced by one U+FFFD
  std::int64_t first_invalid_line = 0;  ///< the line of the first of them, from 1; 0 if none
  std::int64_t nul_bytes = 0;           ///< NUL bytes, dropped
};

/// Replaces every maximal bad sequence by U+FFFD (Unicode 15, section 3.9) and drops NUL bytes.
[[nodiscard]] RepairedText repair_utf8(std::string_view bytes);

/// Lower case in the NFC form, without regard to any locale: one letter for one letter, except
/// that a Σ which ends a word becomes ς.
[[nodiscard]] std::string lower_case(std::string_view word);

/// ASCII letters lowered, all other bytes as they are: for comparing with words of our own tables.
[[nodiscard]] std::string ascii_lower_case(std::string_view word);

}  // namespace wordlm
