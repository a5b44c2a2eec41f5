#include "wordlm/tokens.h"

#include <unroll/core/error.h>

#include "text/characters.h"

namespace wordlm {
namespace {

using text::code_point_at;
using text::CodePoint;

using TakeToken = std::function<void(std::string_view)>;

void for_each_character(std::string_view text, const TakeToken& take) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = code_point_at(text, at).length;
    take(text.substr(at, length));
    at += length;
  }
}

enum class Class : std::uint8_t { space, letter, digit, other };

Class class_of(std::int32_t c) {
  if (text::is_space(c)) return Class::space;
  if (text::is_digit(c)) return Class::digit;
  return text::is_word_character(c) ? Class::letter : Class::other;
}

/// Runs of one class of characters. A blank belongs to the run behind it.
void for_each_run(std::string_view text, const TakeToken& take) {
  constexpr int kLongest = 32;  // characters: of scripts without blanks a run is a whole sentence
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    CodePoint c = code_point_at(text, at);
    const CodePoint next = code_point_at(text, at + c.length);
    if (c.value == ' ' && next.length > 0 && class_of(next.value) != Class::space) {
      at += c.length;
      c = next;
    }
    const Class run = class_of(c.value);
    for (int length = 0; c.length > 0 && length < kLongest && class_of(c.value) == run; ++length) {
      const CodePoint behind = code_point_at(text, at + c.length);
      const bool belongs_to_next = c.value == ' ' && at > begin && behind.length > 0 &&
                                   class_of(behind.value) != Class::space;
      if (belongs_to_next) break;
      at += c.length;
      c = behind;
    }
    take(text.substr(begin, at - begin));
  }
}

bool is_without_blanks(std::int32_t c) {
  const auto within = [&](std::int32_t first, std::int32_t last) {
    return c >= first && c <= last;
  };
  return within(0x0E00, 0x0EFF) ||  // Thai, Lao
         within(0x1000, 0x109F) ||  // Burmese
         within(0x1780, 0x17FF) ||  // Khmer
         within(0x3040, 0x30FF) ||  // Hiragana, Katakana
         within(0x3400, 0x9FFF) ||  // Chinese characters
         within(0xF900, 0xFAFF) || within(0x20000, 0x3FFFF);
}

}  // namespace

const char* unit_of(Tokens tokens) {
  switch (tokens) {
    case Tokens::word:
      return "word";
    case Tokens::character:
      return "character";
    case Tokens::byte:
      return "byte";
    case Tokens::bpe:
      break;
  }
  return "piece";
}

void for_each_token(std::string_view text, Tokens tokens, const TakeToken& take) {
  switch (tokens) {
    case Tokens::character:
      return for_each_character(text, take);
    case Tokens::byte:
      for (std::size_t i = 0; i < text.size(); ++i) take(text.substr(i, 1));
      return;
    case Tokens::bpe:
      return for_each_run(text, take);
    case Tokens::word:
      break;
  }
  unroll::fail<unroll::Error>("words are found by split_words");
}

bool lacks_blanks(std::string_view text) {
  constexpr std::size_t kEnough = 100'000;  // bytes
  std::int64_t without = 0;
  std::int64_t letters = 0;
  for (std::size_t at = 0; at < std::min(text.size(), kEnough);) {
    const CodePoint c = code_point_at(text, at);
    if (text::is_word_character(c.value) && !text::is_digit(c.value)) ++letters;
    if (is_without_blanks(c.value)) ++without;
    at += c.length;
  }
  return 2 * without > letters;
}

std::string to_latin1(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) text::append_code_point(text, static_cast<unsigned char>(byte));
  return text;
}

std::string from_latin1(std::string_view text) {
  std::string bytes;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint c = code_point_at(text, at);
    if (c.value > 0xFF) unroll::fail<unroll::Error>("'{}' holds what is no byte", text);
    bytes += static_cast<char>(c.value);
    at += c.length;
  }
  return bytes;
}

}  // namespace wordlm
