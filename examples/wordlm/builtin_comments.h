#pragma once
/// Comments to train on when there is no file: a small language made up for this program, whose
/// entropy is known.

#include <cstdint>
#include <string>
#include <vector>

#include "text/words.h"
#include "wordlm/grammar.h"

namespace wordlm {

/// The grammar of one sentence of the built-in comments. It is unambiguous: its entropy is that of
/// its sentences.
[[nodiscard]] const Grammar& builtin_grammar();

/// `count` comments as people would write them, of one to three independent sentences each; always
/// the same ones for the same `seed`. Throws `unroll::Error` if `count` is negative.
[[nodiscard]] std::vector<std::string> builtin_comments(std::int64_t count, std::uint64_t seed);

/// The sentences of `builtin_comments(count, seed)`, one after the other, as words in lower case;
/// contractions are two words ("do" "n't"), punctuation marks are words.
[[nodiscard]] std::vector<text::Sentence> builtin_sentences(std::int64_t count, std::uint64_t seed);

}  // namespace wordlm
