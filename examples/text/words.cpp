#include "text/words.h"

#include <utf8proc.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "text/abbreviations.h"
#include "text/characters.h"
#include "text/lexicon.h"

namespace text {
namespace {

using namespace std::string_view_literals;

bool is_apostrophe(std::int32_t c) { return c == '\'' || c == 0x2018 || c == 0x2019; }

/// Accents typed for want of an apostrophe, as in "don`t"; they are one only inside a word.
bool is_accent(std::int32_t c) { return c == '`' || c == 0xB4 || c == 0x2BC; }

bool is_double_quote(std::int32_t c) {
  return c == '"' || c == 0x201C || c == 0x201D || c == 0x201E;
}

bool is_letter(std::int32_t c) { return is_upper(c) || is_lower(c); }

bool is_ascii_punctuation(std::int32_t c) { return c > ' ' && c < 0x7F && !is_word_character(c); }

/// `text` with ASCII apostrophes, in `plain` where it has others.
std::string_view with_plain_apostrophes(std::string_view text, std::string& plain) {
  const auto is_plain = [](char c) { return (c & 0x80) == 0 && c != '`'; };
  if (std::ranges::all_of(text, is_plain)) return text;
  plain.clear();
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint c = code_point_at(text, at);
    if (is_apostrophe(c.value) || is_accent(c.value)) {
      plain += '\'';
    } else {
      plain.append(text, at, c.length);
    }
    at += c.length;
  }
  return plain;
}

/// Number of times that `text` has `c` from byte `from` on, without a break.
std::size_t run_length(std::string_view text, std::size_t from, char c) {
  return std::min(text.find_first_not_of(c, from), text.size()) - from;
}

/// Takes one sentence apart from left to right.
class WordSplitter {
 public:
  WordSplitter(std::string_view sentence, Sentence& words) : sentence_(sentence), words_(words) {}

  void split() {
    for (chunk_ = next_chunk(sentence_); !chunk_.empty(); chunk_ = next_) {
      next_ = next_chunk(sentence_, chunk_.end());
      after_word_ = false;
      for (at_ = 0; at_ < chunk_.text.size();) take_token();
      before_ = chunk_.text;
    }
  }

 private:
  std::string_view rest() const { return chunk_.text.substr(at_); }
  /// What is left of the sentence.
  std::string_view tail() const { return sentence_.substr(chunk_.begin + at_); }
  CodePoint character(std::size_t offset = 0) const {
    return code_point_at(chunk_.text, at_ + offset);
  }
  bool is_word_at(std::size_t at) const {
    const CodePoint c = code_point_at(chunk_.text, at);
    return c.length > 0 && is_word_character(c.value);
  }
  bool is_digit_at(std::size_t at) const {
    const CodePoint c = code_point_at(chunk_.text, at);
    return c.length > 0 && is_digit(c.value);
  }

  /// Takes `length` bytes as one token.
  void take(std::size_t length) { take_as(rest().substr(0, length), length); }
  void take_as(std::string_view token, std::size_t length) {
    words_.emplace_back(token);
    skip(length);
  }
  void skip(std::size_t length) {
    at_ += length;
    after_word_ = false;
  }

  /// Takes ". . ." as "...", and goes on behind it.
  void take_ellipsis(std::size_t length) {
    words_.emplace_back("...");
    const std::size_t end = chunk_.begin + at_ + length;
    chunk_ = {sentence_.substr(end, 0), end};
    next_ = next_chunk(sentence_, end);
    at_ = 0;
  }

  void take_token() {
    // Right after a word, ":)" closes a bracket and "'s" is no word of its own.
    const bool free = !after_word_;
    if (const auto length = free ? emoticon_length(rest()) : 0) return take(length);
    if (const auto length = spaced_ellipsis_length(tail())) return take_ellipsis(length);
    if (const auto length = operator_length(rest())) return take(length);
    if (const auto length = free ? address_length(rest()) : 0) return take(length);
    if (const auto length = free ? clipped_word_length(rest()) : 0) return take_word(length);
    if (const auto length = word_length()) return take_word(length);
    take_punctuation();
  }

  /// Length of the word, or the number, at the current position; 0 if there is none.
  std::size_t word_length() const {
    std::size_t end = at_ + word_prefix_length();
    if (!is_word_at(end)) return 0;
    while (true) {
      const CodePoint c = code_point_at(chunk_.text, end);
      if (c.length > 0 && is_word_character(c.value)) {
        end += c.length;
      } else if (const std::size_t joiner = joiner_length(end)) {
        end += joiner;
      } else {
        return end - at_ + word_suffix_length(end);
      }
    }
  }

  /// What may stand before a word and belong to it: a sign or a decimal point before a number, the
  /// slash of "/r/funny" and "/s", the period of ".NET" and ".txt".
  std::size_t word_prefix_length() const {
    const std::string_view text = rest();
    constexpr AsciiSet kPrefixes("-./");
    if (after_word_ || !kPrefixes.has(text[0])) return 0;
    if (text.starts_with("-.") && is_digit_at(at_ + 2)) return 2;
    const bool before_number = text.starts_with('-') || text.starts_with('.');
    if (before_number && is_digit_at(at_ + 1)) return 1;
    if (text.starts_with('.') && (at_ == 0 || chunk_.text[at_ - 1] != '.')) {
      // But ".Then" is a blank on the wrong side.
      const bool is_sentence = is_upper(character(1).value) && is_lower(character(2).value);
      return is_word_at(at_ + 1) && !is_sentence ? 1 : 0;
    }
    return text.starts_with('/') && is_word_at(at_ + 1) ? 1 : 0;
  }

  /// Length of what joins the word characters before and after byte `at`; 0 if it parts them.
  std::size_t joiner_length(std::size_t at) const {
    const CodePoint c = code_point_at(chunk_.text, at);
    const CodePoint before = code_point_before(chunk_.text, at);
    std::size_t length = c.length;
    switch (c.value) {
      case ':':
        if (chunk_.text.substr(at).starts_with("::")) return is_word_at(at + 2) ? 2 : 0;
        [[fallthrough]];
      case ',':  // 1,000 and 3:30
        return is_digit(before.value) && is_digit_at(at + 1) ? 1 : 0;
      case '&':
        return joins_letters(at) ? 1 : 0;
      case '+':  // C++11
        length = run_length(chunk_.text, at, '+');
        return length == 2 && !is_digit(before.value) && is_digit_at(at + 2) ? 2 : 0;
      case '*':
      case '_':  // f**k and snake_case
        length = run_length(chunk_.text, at, static_cast<char>(c.value));
        break;
      case '-':
      case '.':
      case '/':
      case '\'':
      case '`':
      case 0xB4:  // accents that serve as apostrophes
      case 0x2BC:
      case 0x2019:  // ’
      case 0x2010:  // hyphen
      case 0x2011:  // hyphen that does not break
      case 0x200C:  // joins and parts letters of some scripts
      case 0x200D:
      case 0xAD:  // soft hyphen
        break;
      default:
        return 0;
    }
    return is_word_at(at + length) ? length : 0;
  }

  /// Whether the ampersand at `at` is part of a name: between capitals, or beside a single letter:
  /// "AT&T", "R&D", "M&Ms", "q&a".
  bool joins_letters(std::size_t at) const {
    const CodePoint before = code_point_before(chunk_.text, at);
    const CodePoint after = code_point_at(chunk_.text, at + 1);
    if (after.length == 0 || !is_letter(before.value) || !is_letter(after.value)) return false;
    const bool single_before = at == at_ + before.length;
    const bool single_after = !is_word_at(at + 1 + after.length);
    return single_before || single_after || (is_upper(before.value) && is_upper(after.value));
  }

  /// What may stand after a word and belong to it: A+, C++, C#, w/, /r/funny/, the asterisks of a
  /// coy f***.
  std::size_t word_suffix_length(std::size_t end) const {
    constexpr std::size_t kStrongestEmphasis = 2;
    if (const std::size_t pluses = run_length(chunk_.text, end, '+')) {
      return pluses <= 2 && !is_word_at(end + pluses) ? pluses : 0;
    }
    const char mark = end < chunk_.text.size() ? chunk_.text[end] : '\0';
    if (mark == '#' && run_length(chunk_.text, end, '#') == 1 && !is_word_at(end + 1)) {
      const CodePoint letter = code_point_before(chunk_.text, end);
      const bool is_single = end == letter.length || !is_word_at(end - letter.length - 1);
      return is_single && is_letter(letter.value) ? 1 : 0;
    }
    const bool is_with = end == at_ + 1 && (chunk_.text[at_] == 'w' || chunk_.text[at_] == 'W');
    const bool is_path = chunk_.text[at_] == '/' && run_length(chunk_.text, end, '/') == 1;
    if (mark == '/' && (is_with || is_path)) return 1;
    const std::size_t stars = run_length(chunk_.text, end, '*');
    return stars > kStrongestEmphasis && chunk_.text[0] != '*' ? stars : 0;
  }

  void take_word(std::size_t length) {
    std::string plain;
    const std::string_view word = with_plain_apostrophes(rest().substr(0, length), plain);
    at_ += length;
    after_word_ = true;
    if (has_period(word)) {
      at_ += 1;
      after_word_ = false;
      words_.emplace_back(word) += '.';
      if (only_closers_follow()) words_.emplace_back(".");
    } else {
      push_contracted(word);
    }
  }

  /// Whether the period after `word`, which has just been taken, belongs to it.
  bool has_period(std::string_view word) const {
    if (run_length(chunk_.text, at_, '.') != 1 || is_word_at(at_ + 1)) return false;
    if (spaced_ellipsis_length(tail()) > 0) return false;
    return meaning_of_period({before_, word, next_.text}).belongs;
  }

  /// Whether the sentence has nothing but closing quotes and brackets left.
  bool only_closers_follow() const {
    std::size_t at = chunk_.begin + at_;
    for (CodePoint c; (c = code_point_at(sentence_, at)).length > 0; at += c.length) {
      const bool closes = is_apostrophe(c.value) || is_double_quote(c.value) || c.value == ')' ||
                          c.value == ']' || c.value == '}' || c.value == '*' || c.value == '_';
      if (!closes && !is_space(c.value)) return false;
    }
    return true;
  }

  /// Adds `word`, contractions and words grown together taken apart.
  void push_contracted(std::string_view word) {
    std::vector<std::string_view> endings;
    while (const std::size_t length = contraction_length(word)) {
      endings.push_back(word.substr(word.size() - length));
      word.remove_suffix(length);
    }
    const std::size_t cut = fused_word_cut(word);
    if (cut > 0) words_.emplace_back(word.substr(0, cut));
    words_.emplace_back(word.substr(cut));
    words_.insert(words_.end(), endings.rbegin(), endings.rend());
  }

  void take_punctuation() {
    const CodePoint c = character();
    if (rest().starts_with("''")) return take_as("\"", 2);  // typed for want of a better quote
    if (is_double_quote(c.value)) return take_as("\"", c.length);
    if (is_apostrophe(c.value)) return take_as("'", c.length);
    if (is_markup()) return skip(run_length(chunk_.text, at_, static_cast<char>(c.value)));
    if (c.value == '\\' && is_ascii_punctuation(character(1).value)) {
      skip(1);  // Markdown's way to say that the next character means itself
      return take(character().length);
    }
    constexpr AsciiSet kRuns(".-=~#<>^*_+|");
    if (kRuns.has(rest()[0])) {
      return take(run_length(chunk_.text, at_, static_cast<char>(c.value)));
    }
    // What is invisible on its own, such as a direction mark, is no word.
    if (utf8proc_category(c.value) == UTF8PROC_CATEGORY_CF) return skip(c.length);
    take(c.length);
  }

  /// Whether asterisks, underscores or double tildes here are Markdown's emphasis: always, except
  /// where they stand alone. A caret is reddit's superscript before a word or a bracket: "^this".
  bool is_markup() const {
    const char c = rest()[0];
    if (c == '^') {
      const std::size_t end = at_ + run_length(chunk_.text, at_, '^');
      const bool before_bracket =
          end < chunk_.text.size() && "([\\"sv.find(chunk_.text[end]) != std::string_view::npos;
      return before_bracket || (!after_word_ && is_word_at(end));
    }
    const std::size_t length = c == '*' || c == '_' || c == '~' ? run_length(rest(), 0, c) : 0;
    return length > (c == '~' ? 1 : 0) && length < chunk_.text.size();
  }

  std::string_view sentence_;
  Chunk chunk_;  ///< the one that is being taken apart
  Chunk next_;
  std::string_view before_;  ///< the chunk before
  std::size_t at_ = 0;       ///< byte of the chunk that comes next
  bool after_word_ = false;  ///< no punctuation since the last word
  Sentence& words_;
};

}  // namespace

Sentence split_words(std::string_view sentence) {
  Sentence words;
  append_words(sentence, words);
  return words;
}

void append_words(std::string_view sentence, Sentence& words) {
  WordSplitter(sentence, words).split();
}

}  // namespace text
