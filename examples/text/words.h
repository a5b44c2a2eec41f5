#pragma once
/// From a sentence to its words, and back.

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace text {

/// The words of one sentence, in order, punctuation among them.
using Sentence = std::vector<std::string>;

/// What stands in a list of words for the beginning of a sentence, its end, and a word that is not
/// known.
inline constexpr std::string_view kSentenceStart = "SENTENCE_START";
inline constexpr std::string_view kSentenceEnd = "SENTENCE_END";  ///< see kSentenceStart
inline constexpr std::string_view kUnknown = "UNKNOWN_TOKEN";     ///< see kSentenceStart

/// The words of a sentence, much as the Penn Treebank takes them apart; upper case stays.
///
/// Punctuation stands apart; contractions are split ("are n't", "it 's", "gon na"). These stay
/// whole: numbers, times, hyphenated words, URLs, e-mail addresses, emoticons; ellipses (`. . .` is
/// `...`); abbreviations with their period, told by `meaning_of_period`; names and operators of
/// programming
/// ("C#", ".NET", "std::vector", "->", "<="); ampersands between capitals or beside a single letter
/// ("AT&T", "q&a"). An abbreviation that ends the sentence keeps its period, and the sentence still
/// gets one of its own. Typographic quotes become ASCII ones; Markdown's emphasis (`**bold**`) and
/// its backslashes before punctuation vanish.
///
/// tests/examples/text/compare_nltk.py compares the words with those of NLTK's tokenizer, and has
/// the list of what differs and why.
[[nodiscard]] Sentence split_words(std::string_view sentence);
/// Appends them to `words`.
void append_words(std::string_view sentence, Sentence& words);

/// A text as people write it: "are n't" becomes "aren't", "$ 5" becomes "$5"; no blank before
/// punctuation or inside quotes and brackets; kSentenceStart and kSentenceEnd left out. The first
/// letter is capital. Where no word has a capital, so is the first letter after `.`, `?` and `!`,
/// and "i"; where one has, the words kept their case and nothing else is changed. Purely cosmetic:
/// the original spacing is lost and only guessed at.
[[nodiscard]] std::string join_words(std::span<const std::string> words);

}  // namespace text
