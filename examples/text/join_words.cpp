#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>
#include <vector>

#include "text/characters.h"
#include "text/lexicon.h"
#include "text/words.h"

namespace text {
namespace {

using namespace std::string_view_literals;

template <std::size_t kSize>
bool contains(const std::array<std::string_view, kSize>& table, std::string_view word) {
  return std::ranges::find(table, word) != table.end();
}

bool is_special(std::string_view word) {
  return word == kSentenceStart || word == kSentenceEnd || word == kUnknown;
}

bool is_quote(std::string_view word) { return word == "\"" || word == "'"; }

/// Whether `word` is punctuation that follows a word without a blank.
bool is_closing(std::string_view word) {
  static constexpr std::array kClosing = {","sv,  ";"sv,  ":"sv,  "?"sv,  "!"sv,  ")"sv,
                                          "]"sv,  "}"sv,  "%"sv,  "…"sv,  "°"sv,  "»"sv,
                                          "。"sv, "！"sv, "？"sv, "，"sv, "、"sv, "；"sv,
                                          "："sv, "」"sv, "』"sv, "）"sv, "》"sv, "।"sv};
  return contains(kClosing, word) || word.find_first_not_of('.') == std::string_view::npos;
}

bool is_currency_sign(std::string_view word) {
  const CodePoint c = code_point_at(word);
  return c.length == word.size() && is_currency(c.value);
}

/// Whether `word` is punctuation that a word follows without a blank.
bool is_opening(std::string_view word) {
  static constexpr std::array kOpening = {"("sv, "["sv, "{"sv,  "#"sv,  "@"sv,  "¿"sv,
                                          "¡"sv, "«"sv, "「"sv, "『"sv, "（"sv, "《"sv};
  return contains(kOpening, word) || is_currency_sign(word);
}

bool ends_sentence(std::string_view word) {
  static constexpr std::array kEnds = {"."sv, "?"sv, "!"sv};
  return contains(kEnds, word);
}

bool is_number(std::string_view word) { return is_digit(code_point_at(word).value); }

bool has_word_character(std::string_view word) {
  for (std::size_t at = 0; at < word.size();) {
    const CodePoint c = code_point_at(word, at);
    if (is_word_character(c.value)) return true;
    at += c.length;
  }
  return false;
}

bool has_upper(std::string_view word) {
  for (std::size_t at = 0; at < word.size();) {
    const CodePoint c = code_point_at(word, at);
    if (is_upper(c.value)) return true;
    at += c.length;
  }
  return false;
}

/// Whether `word` takes "n't".
bool takes_not(std::string_view word) {
  static constexpr std::array kVerbs = {
      "do"sv,   "does"sv, "did"sv,   "is"sv,    "are"sv,   "was"sv,   "were"sv, "has"sv,
      "have"sv, "had"sv,  "ca"sv,    "could"sv, "wo"sv,    "would"sv, "sha"sv,  "should"sv,
      "must"sv, "may"sv,  "might"sv, "need"sv,  "ought"sv, "dare"sv,  "ai"sv,   "am"sv};
  return contains(kVerbs, ascii_lower_case(word));
}

/// Whether people write `second`, a contraction, at the end of `first`: "is n't", "it 's".
bool is_contracted(std::string_view first, std::string_view second) {
  static constexpr std::array kContractions = {"'ll"sv, "'re"sv, "'ve"sv, "'s"sv, "'m"sv, "'d"sv};
  const std::string contraction = ascii_lower_case(second);
  if (contraction == "n't") return takes_not(first);
  if (contraction == "'m") return first == "i" || first == "I";
  const CodePoint last = code_point_before(first, first.size());
  const bool follows_word = is_word_character(last.value) || last.value == '.';
  return contains(kContractions, contraction) && follows_word && !first.ends_with("..");
}

/// Whether people write two words as one: "gon na", "can not".
bool is_fused(std::string_view first, std::string_view second) {
  return fused_word_cut(std::string(first).append(second)) == first.size();
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
  explicit Writer(std::vector<std::string_view> words)
      : words_(std::move(words)),
        keeps_case_(std::ranges::any_of(
            words_, [](std::string_view word) { return !is_special(word) && has_upper(word); })),
        single_quotes_left_(std::ranges::count(words_, "'"sv)) {}

  std::string write() && {
    for (at_ = 0; at_ < words_.size(); ++at_) write_word();
    return std::move(text_);
  }

 private:
  /// The word so many places from the current one; empty if there is none.
  std::string_view word(std::ptrdiff_t offset = 0) const {
    const std::ptrdiff_t place = static_cast<std::ptrdiff_t>(at_) + offset;
    return place >= 0 && place < std::ssize(words_) ? words_[static_cast<std::size_t>(place)]
                                                    : std::string_view();
  }

  void write_word() {
    const std::string_view current = word();
    single_quotes_left_ -= current == "'" ? 1 : 0;
    if (current == "." && word(-1).ends_with('.')) {  // "etc." has the sentence's period
      starts_ = true;
      return;
    }
    const bool opens = opens_quote();
    const bool closes = is_quote(current) && !opens;
    if (!text_.empty() && !glued_ && !closes && !follows_closely()) text_ += ' ';
    if (current == "\"") in_double_quotes_ = opens;
    if (current == "'") in_single_quotes_ = opens;
    glued_ = opens || glues();

    if (ends_sentence(current)) starts_ = has_words_;
    const bool is_word = has_word_character(current);
    text_ += is_word && wants_capital() ? capitalised(current) : std::string(current);
    has_words_ = has_words_ || is_word;
    starts_ = starts_ && !is_word;
  }

  bool wants_capital() const {
    if (!has_words_) return true;
    if (keeps_case_) return false;
    return word() == "i" || (starts_ && !tells_who_spoke());
  }

  /// Whether the words after a question in quotes say whose it is: '" really ? " he said'.
  bool tells_who_spoke() const {
    static constexpr std::array kVerbs = {"said"sv,    "says"sv,  "asked"sv,   "asks"sv,
                                          "replied"sv, "cried"sv, "shouted"sv, "wrote"sv};
    const bool after_quote = is_quote(word(-1)) && (word(-2) == "?" || word(-2) == "!");
    return after_quote && (contains(kVerbs, word()) || contains(kVerbs, word(1)));
  }

  bool follows_closely() const {
    const std::string_view before = word(-1);
    if (is_closing(word())) return true;
    if (is_currency_sign(word())) return is_number(before) && !is_number(word(1));  // 10€
    if (word() == "(" && before == "]") return true;  // a link of Markdown
    if (word() == "–" || before == "–") {             // 1990–95
      const std::ptrdiff_t dash = word() == "–" ? 0 : -1;
      return is_number(word(dash - 1)) && is_number(word(dash + 1));
    }
    return is_contracted(before, word()) || is_fused(before, word());
  }

  /// Whether the next word follows without a blank.
  bool glues() const {
    if (is_currency_sign(word()) && is_number(word(-1)) && !is_number(word(1))) return false;
    return is_opening(word());
  }

  /// Whether the current word is a quote that opens. Quotes open and close in turn. A quote before
  /// closing punctuation or the end opens none, nor does an apostrophe that has no partner or
  /// stands after an s: "the parents' house".
  bool opens_quote() const {
    if (at_ > 0 && (word(1).empty() || is_closing(word(1)))) return false;
    if (word() == "\"") return !in_double_quotes_;
    if (word() != "'" || in_single_quotes_ || single_quotes_left_ == 0) return false;
    return !word(-1).ends_with('s');
  }

  std::vector<std::string_view> words_;
  bool keeps_case_;  ///< some word has a capital: the words are as they were written
  std::ptrdiff_t single_quotes_left_;  ///< after the current word
  std::size_t at_ = 0;
  std::string text_;
  bool glued_ = false;      ///< the next word follows without a blank
  bool has_words_ = false;  ///< a word is written, not only marks
  bool starts_ = false;     ///< a sentence has ended, and no word has followed
  bool in_double_quotes_ = false;
  bool in_single_quotes_ = false;
};

}  // namespace

std::string join_words(std::span<const std::string> words) {
  std::vector<std::string_view> written;
  for (const std::string& word : words) {
    if (word != kSentenceStart && word != kSentenceEnd && !word.empty()) {
      written.push_back(word);
    }
  }
  return Writer(std::move(written)).write();
}

}  // namespace text
