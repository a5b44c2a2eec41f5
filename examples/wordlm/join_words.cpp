#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <utility>

#include "wordlm/lexicon.h"
#include "wordlm/vocabulary.h"
#include "wordlm/words.h"

namespace wordlm {
namespace {

using namespace std::string_view_literals;

template <std::size_t kSize>
bool contains(const std::array<std::string_view, kSize>& table, std::string_view word) {
  return std::ranges::find(table, word) != table.end();
}

bool is_contraction(std::string_view word) {
  constexpr std::array kContractions = {"n't"sv, "'ll"sv, "'re"sv, "'ve"sv, "'s"sv, "'m"sv, "'d"sv};
  return contains(kContractions, ascii_lower_case(word));
}

/// Whether `word` is punctuation that follows a word without a blank.
bool is_closing(std::string_view word) {
  constexpr std::array kClosing = {","sv, ";"sv, ":"sv, "?"sv, "!"sv,
                                   ")"sv, "]"sv, "}"sv, "%"sv, "…"sv};
  return contains(kClosing, word) || word.find_first_not_of('.') == std::string_view::npos;
}

/// Whether `word` is punctuation that a word follows without a blank.
bool is_opening(std::string_view word) {
  constexpr std::array kOpening = {"("sv, "["sv, "{"sv, "$"sv, "£"sv, "€"sv, "#"sv, "@"sv};
  return contains(kOpening, word);
}

/// Whether people write two words as one: "gon na", "can not".
bool is_fused(std::string_view first, std::string_view second) {
  return fused_word_cut(std::string(first).append(second)) == first.size();
}

bool has_word_character(std::string_view word) {
  for (std::size_t at = 0; at < word.size();) {
    const CodePoint c = code_point_at(word, at);
    if (is_word_character(c.value)) return true;
    at += c.length;
  }
  return false;
}

/// `word` with its first letter capital, unless it is an address.
std::string capitalised(std::string_view word) {
  if (address_length(word) > 0) return std::string(word);
  const CodePoint first = code_point_at(word);
  std::string text;
  append_code_point(text, utf8proc_totitle(first.value));
  return text.append(word.substr(first.length));
}

/// Writes one word after the other.
class Writer {
 public:
  void write(std::string_view word, bool is_last) {
    if (word == "." && previous_.ends_with('.')) return;  // "etc." has the sentence's period
    const bool opens = !is_last && opens_quote(word);
    const bool closes = is_quote(word) && !opens;
    if (!text_.empty() && !glued_ && !closes && !follows_closely(word)) text_ += ' ';
    if (word == "\"") in_double_quotes_ = opens;
    if (word == "'") in_single_quotes_ = opens;
    glued_ = opens || is_opening(word);
    const bool starts = !has_words_ && has_word_character(word);
    has_words_ = has_words_ || starts;
    text_ += starts || word == "i" ? capitalised(word) : std::string(word);
    previous_ = word;
  }

  std::string text() && { return std::move(text_); }

 private:
  bool follows_closely(std::string_view word) const {
    return is_closing(word) || is_contraction(word) || is_fused(previous_, word);
  }

  static bool is_quote(std::string_view word) { return word == "\"" || word == "'"; }

  /// Quotes open and close in turn. An apostrophe after an s opens none: "the parents' house".
  bool opens_quote(std::string_view word) const {
    if (word == "\"") return !in_double_quotes_;
    return word == "'" && !in_single_quotes_ && !previous_.ends_with('s');
  }

  std::string text_;
  std::string_view previous_;
  bool glued_ = false;  ///< the next word follows without a blank
  bool has_words_ = false;
  bool in_double_quotes_ = false;
  bool in_single_quotes_ = false;
};

}  // namespace

std::string join_words(std::span<const std::string> words) {
  const auto is_marker = [](std::string_view word) {
    return word == Vocabulary::kSentenceStart || word == Vocabulary::kSentenceEnd;
  };
  while (!words.empty() && is_marker(words.back())) words = words.first(words.size() - 1);

  Writer writer;
  for (const std::string& word : words) {
    if (!is_marker(word)) writer.write(word, &word == &words.back());
  }
  return std::move(writer).text();
}

}  // namespace wordlm
