#pragma once
/// Characters: UTF-8 repair, Unicode classes and lower case.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace text {

/// One character of a text. A length of 0 means that there is none: the text has ended.
struct CodePoint {
  std::int32_t value = 0;
  std::size_t length = 0;  ///< bytes it takes in the text
};

namespace detail {

/// What the characters of ASCII are, a set of bits each: most text is ASCII, and a table is read
/// faster than utf8proc asked.
enum AsciiClass : std::uint8_t { kSpace = 1, kDigit = 2, kUpper = 4, kLower = 8 };

consteval std::array<std::uint8_t, 128> ascii_classes() {
  std::array<std::uint8_t, 128> classes{};
  for (std::size_t c = 0; c <= ' '; ++c) classes[c] = kSpace;
  for (std::size_t c = '0'; c <= '9'; ++c) classes[c] = kDigit;
  for (std::size_t c = 'A'; c <= 'Z'; ++c) classes[c] = kUpper;
  for (std::size_t c = 'a'; c <= 'z'; ++c) classes[c] = kLower;
  classes[0x7F] = kSpace;
  return classes;
}
inline constexpr std::array<std::uint8_t, 128> kAsciiClasses = ascii_classes();

inline bool is_ascii(std::int32_t c) { return static_cast<std::uint32_t>(c) < 0x80; }
inline bool is_in_class(std::int32_t ascii, unsigned classes) {
  return (kAsciiClasses[static_cast<std::size_t>(ascii)] & classes) != 0;
}

// The same questions about characters beyond ASCII.
CodePoint decode(std::string_view text, std::size_t at);
bool is_other_space(std::int32_t c);
bool is_other_digit(std::int32_t c);
bool is_other_word_character(std::int32_t c);
bool is_other_upper(std::int32_t c);
bool is_other_lower(std::int32_t c);

}  // namespace detail

/// The character at byte `at`. Bytes that are no UTF-8 read as U+FFFD, one byte at a time.
[[nodiscard]] inline CodePoint code_point_at(std::string_view text, std::size_t at = 0) {
  if (at >= text.size()) return {};
  if ((text[at] & 0x80) == 0) return {text[at], 1};
  return detail::decode(text, at);
}

/// The character that ends just before byte `end`.
[[nodiscard]] CodePoint code_point_before(std::string_view text, std::size_t end);

/// Appends the UTF-8 form of `value`; U+FFFD for what is not a Unicode scalar value.
void append_code_point(std::string& text, std::int32_t value);

/// Whether there is a character of that number.
[[nodiscard]] bool is_code_point(std::int32_t value);

/// White space of any script, control characters, and what has no width (U+200B, U+FEFF).
[[nodiscard]] inline bool is_space(std::int32_t c) {
  return detail::is_ascii(c) ? detail::is_in_class(c, detail::kSpace) : detail::is_other_space(c);
}
[[nodiscard]] inline bool is_digit(std::int32_t c) {
  return detail::is_ascii(c) ? detail::is_in_class(c, detail::kDigit) : detail::is_other_digit(c);
}
/// Letters, digits, and the marks that go with them.
[[nodiscard]] inline bool is_word_character(std::int32_t c) {
  constexpr unsigned kWord = detail::kDigit | detail::kUpper | detail::kLower;
  return detail::is_ascii(c) ? detail::is_in_class(c, kWord) : detail::is_other_word_character(c);
}
[[nodiscard]] inline bool is_upper(std::int32_t c) {
  return detail::is_ascii(c) ? detail::is_in_class(c, detail::kUpper) : detail::is_other_upper(c);
}
[[nodiscard]] inline bool is_lower(std::int32_t c) {
  return detail::is_ascii(c) ? detail::is_in_class(c, detail::kLower) : detail::is_other_lower(c);
}
[[nodiscard]] bool is_currency(std::int32_t code_point);

/// Symbols that are neither mathematics nor currency, emoji among them.
[[nodiscard]] bool is_pictograph(std::int32_t code_point);

/// The letters and digits at the start of `text`.
[[nodiscard]] std::string_view first_word(std::string_view text);

/// A set of ASCII characters.
class AsciiSet {
 public:
  explicit consteval AsciiSet(std::string_view characters) {
    for (const char c : characters) bits_[static_cast<std::size_t>(c) / 64] |= bit(c);
  }
  [[nodiscard]] constexpr bool has(char c) const {
    return (c & 0x80) == 0 && (bits_[static_cast<std::size_t>(c) / 64] & bit(c)) != 0;
  }

 private:
  static constexpr std::uint64_t bit(char c) {
    return std::uint64_t{1} << (static_cast<unsigned>(c) % 64);
  }
  std::array<std::uint64_t, 2> bits_{};
};

/// A stretch of a text without white space, and where it begins.
struct Chunk {
  std::string_view text;  ///< empty at the end of the text
  std::size_t begin = 0;

  [[nodiscard]] bool empty() const { return text.empty(); }
  [[nodiscard]] std::size_t end() const { return begin + text.size(); }
};

/// The first byte of `text` at or after `at` that is ASCII white space or beyond ASCII; the size of
/// `text` if there is none. All bytes before it belong to one chunk.
[[nodiscard]] inline std::size_t skip_ascii(std::string_view text, std::size_t at) {
  while (at < text.size() && text[at] > ' ' && text[at] < 0x7F) ++at;
  return at;
}

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

/// `word` becomes `lower_case(word)`.
void make_lower_case(std::string& word);
/// `word` becomes its NFC form: an accent and its letter are one character where there is one.
void make_composed(std::string& word);

/// ASCII letters lowered, all other bytes as they are: for comparing with words of our own tables.
[[nodiscard]] std::string ascii_lower_case(std::string_view word);

}  // namespace text
