#pragma once
/// From comments to sentences, and to the words a language model learns from.

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "text/words.h"

namespace text {

/// The sentences of a comment, as they are written there, without the white space around them.
///
/// A sentence ends after marks with which sentences end, closing quotes and brackets included, if
/// white space and something that can start a sentence follow:
/// - after `?` and `!`, whatever follows, but not before lower case in '"Really?" he said.' and
///   "Yahoo! is";
/// - after a single period, unless it is that of an abbreviation, an initial or a list number
/// inside
///   the sentence: `meaning_of_period` has the rules;
/// - after an ellipsis, `...`, `. . .` or `…`, if a capital follows that is not "I", and some word
///   comes before;
/// - after the marks of Chinese and Japanese without white space, too.
/// It also ends at a blank line, and where a line begins a quotation, a heading or a list item of
/// Markdown. Any other line feed is white space. Emoticons belong to the sentence before them.
[[nodiscard]] std::vector<std::string> split_sentences(std::string_view comment);

/// Whether upper case is lowered or kept.
enum class Case : std::uint8_t { lower, kept };

/// Calls `take` with the words of each sentence of a comment, in order: HTML decoded, Unicode in
/// its composed form (NFC) where it is lowered. Lines across the page ("***") are left out. The
/// words are those of `split_words`; the vector is used again for the next sentence.
void for_each_sentence(std::string_view comment, Case letters,
                       const std::function<void(const Sentence&)>& take);

/// All sentences of all comments, by `for_each_sentence`, in lower case.
[[nodiscard]] std::vector<Sentence> sentences_of(std::span<const std::string> comments);

}  // namespace text
