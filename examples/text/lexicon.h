#pragma once
/// What the splitters know by heart about written English and the web.

#include <cstddef>
#include <string_view>

namespace text {

/// Whether a capitalised `word` begins sentences far more often than it is part of a name.
[[nodiscard]] bool often_starts_sentence(std::string_view word);

/// `text` without the quotes, brackets and marks of emphasis at its start.
[[nodiscard]] std::string_view without_opening_marks(std::string_view text);

/// Length of the emoticon or the emoji that `text` begins with; 0 if it begins with none.
[[nodiscard]] std::size_t emoticon_length(std::string_view text);

/// Length of the URL or e-mail address that `text` begins with, without the punctuation after it;
/// 0 if it begins with none.
[[nodiscard]] std::size_t address_length(std::string_view text);

/// Length of the ellipsis of single periods that `text` begins with, as in ". . ."; 0 if it begins
/// with none. Only three periods or more, each after one blank, are an ellipsis.
[[nodiscard]] std::size_t spaced_ellipsis_length(std::string_view text);

/// Length of the arrow or the operator of a programming language that `text` begins with: "->",
/// "<=", "!=", "&&"; 0 if it begins with none of at least two characters.
[[nodiscard]] std::size_t operator_length(std::string_view text);

/// Length of the contraction at the end of `word`: 3 for "isn't" (n't) and "I'll" ('ll); 0 if it
/// has none, or is nothing else. Its apostrophe is ASCII.
[[nodiscard]] std::size_t contraction_length(std::string_view word);

/// Where the two words grown together in `word` part: 3 for "cannot"; 0 if it is one word.
[[nodiscard]] std::size_t fused_word_cut(std::string_view word);

/// Length of the word with a dropped beginning that `text` begins with: 3 for "'em", 5 for "'90s";
/// 0 if it begins with none.
[[nodiscard]] std::size_t clipped_word_length(std::string_view text);

}  // namespace text
