#include "text/characters.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <utility>

namespace text {
namespace {

constexpr std::int32_t kReplacement = 0xFFFD;

/// What `utf8proc_iterate` says of the bytes at `at`; a negative length means that they are bad.
std::pair<utf8proc_int32_t, utf8proc_ssize_t> iterate(std::string_view text, std::size_t at) {
  utf8proc_int32_t value = 0;
  // At most four bytes matter, so that the length always fits a signed one.
  const std::string_view window = text.substr(at, 4);
  const auto length = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(window.data()),
                                       static_cast<utf8proc_ssize_t>(window.size()), &value);
  return {value, length};
}

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

/// Length of the maximal bad sequence at the start of `bytes`: the longest beginning of some valid
/// character (Unicode 15, table 3-7), or one byte where there is no such beginning.
std::size_t bad_sequence_length(std::string_view bytes) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const unsigned lead = byte(0);
  if (lead < 0xC2 || lead > 0xF4 || bytes.size() < 2) return 1;

  const unsigned second_low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned second_high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (byte(1) < second_low || byte(1) > second_high) return 1;

  // A four-byte character may lack only its last byte; a shorter one is cut after the second.
  return lead >= 0xF0 && bytes.size() > 2 && is_continuation(bytes[2]) ? 3 : 2;
}

char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_all_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c & 0x80) == 0; });
}

/// The NFC form of `word`.
std::string composed(std::string word) {
  // Marks are put in order in quadratic time. No real word is this long, so nothing is lost.
  constexpr std::size_t kLongestComposed = 256;
  if (is_all_ascii(word) || word.size() > kLongestComposed) return word;

  utf8proc_uint8_t* result = nullptr;
  const auto length =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(word.data()),
                   static_cast<utf8proc_ssize_t>(word.size()), &result,
                   static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(result, &std::free);
  if (length < 0) return word;
  return {reinterpret_cast<const char*>(result), static_cast<std::size_t>(length)};
}

}  // namespace

namespace detail {

CodePoint decode(std::string_view text, std::size_t at) {
  const auto [value, length] = iterate(text, at);
  return length > 0 ? CodePoint{value, static_cast<std::size_t>(length)}
                    : CodePoint{kReplacement, 1};
}

bool is_other_space(std::int32_t c) {
  if (c == 0x200B || c == 0xFEFF) return true;
  const auto category = utf8proc_category(c);
  return category == UTF8PROC_CATEGORY_CC ||
         (category >= UTF8PROC_CATEGORY_ZS && category <= UTF8PROC_CATEGORY_ZP);
}

bool is_other_digit(std::int32_t c) { return utf8proc_category(c) == UTF8PROC_CATEGORY_ND; }

bool is_other_word_character(std::int32_t c) {
  // utf8proc numbers the classes of letters (Lu-Lo), marks (Mn-Me) and numbers (Nd-No) in a row.
  const auto category = utf8proc_category(c);
  return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_NO;
}

bool is_other_upper(std::int32_t c) {
  const auto category = utf8proc_category(c);
  return category == UTF8PROC_CATEGORY_LU || category == UTF8PROC_CATEGORY_LT;
}

bool is_other_lower(std::int32_t c) { return utf8proc_category(c) == UTF8PROC_CATEGORY_LL; }

}  // namespace detail

CodePoint code_point_before(std::string_view text, std::size_t end) {
  if (end == 0) return {};
  std::size_t begin = end - 1;
  while (begin > 0 && end - begin < 4 && is_continuation(text[begin])) --begin;
  const CodePoint whole = code_point_at(text.substr(0, end), begin);
  return begin + whole.length == end ? whole : CodePoint{kReplacement, 1};
}

void append_code_point(std::string& text, std::int32_t value) {
  std::array<utf8proc_uint8_t, 4> bytes{};
  const auto length =
      utf8proc_encode_char(utf8proc_codepoint_valid(value) ? value : kReplacement, bytes.data());
  text.append(reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(length));
}

bool is_code_point(std::int32_t value) { return utf8proc_codepoint_valid(value); }

bool is_currency(std::int32_t code_point) {
  if (detail::is_ascii(code_point)) return code_point == '$';
  return utf8proc_category(code_point) == UTF8PROC_CATEGORY_SC;
}

bool is_pictograph(std::int32_t code_point) {
  if (detail::is_ascii(code_point)) return false;
  return utf8proc_category(code_point) == UTF8PROC_CATEGORY_SO && code_point != kReplacement;
}

std::string_view first_word(std::string_view text) {
  std::size_t end = 0;
  for (CodePoint c; (c = code_point_at(text, end)).length > 0 && is_word_character(c.value);) {
    end += c.length;
  }
  return text.substr(0, end);
}

Chunk next_chunk(std::string_view text, std::size_t from) {
  CodePoint c;
  while ((c = code_point_at(text, from)).length > 0 && is_space(c.value)) from += c.length;
  std::size_t end = skip_ascii(text, from);
  while ((c = code_point_at(text, end)).length > 0 && !is_space(c.value)) {
    end = skip_ascii(text, end + c.length);
  }
  return {text.substr(std::min(from, text.size()), end - from), from};
}

RepairedText repair_utf8(std::string_view bytes) {
  RepairedText repaired;
  repaired.text.reserve(bytes.size());
  std::int64_t line = 1;
  for (std::size_t at = 0; at < bytes.size();) {
    const auto [value, length] = iterate(bytes, at);
    if (length > 0) {
      if (value == '\n') ++line;
      if (value == 0) {
        ++repaired.nul_bytes;
      } else {
        repaired.text.append(bytes, at, static_cast<std::size_t>(length));
      }
      at += static_cast<std::size_t>(length);
    } else {
      append_code_point(repaired.text, kReplacement);
      if (repaired.invalid_bytes++ == 0) repaired.first_invalid_line = line;
      at += bad_sequence_length(bytes.substr(at));
    }
  }
  return repaired;
}

std::string lower_case(std::string_view word) {
  std::string lower(word);
  make_lower_case(lower);
  return lower;
}

void make_lower_case(std::string& word) {
  bool ascii = true;
  for (char& c : word) {
    ascii = ascii && (c & 0x80) == 0;
    c = ascii_lower(c);
  }
  if (ascii) return;
  constexpr std::int32_t kSigma = 0x3A3;
  constexpr std::int32_t kFinalSigma = 0x3C2;
  std::string lower;
  lower.reserve(word.size());
  bool inside = false;  // a character of the same word comes before
  for (std::size_t at = 0; at < word.size();) {
    const CodePoint c = code_point_at(word, at);
    at += c.length;
    const CodePoint next = code_point_at(word, at);
    const bool ends_word = inside && (next.length == 0 || !is_word_character(next.value));
    append_code_point(lower,
                      c.value == kSigma && ends_word ? kFinalSigma : utf8proc_tolower(c.value));
    inside = is_word_character(c.value);
  }
  word = composed(std::move(lower));
}

void make_composed(std::string& word) { word = composed(std::move(word)); }

std::string ascii_lower_case(std::string_view word) {
  std::string lower(word);
  for (char& c : lower) c = ascii_lower(c);
  return lower;
}

}  // namespace text
