#pragma once
/// Tagged sentences from a hidden Markov model: what can be known of their tags is known exactly.

#include <span>

#include "tagger/sentences.h"

namespace tagger {

/// `count` sentences. Each tag is drawn given the tag before it, each word given its tag, with the
/// probabilities in builtin_sentences.cpp. Many words have several tags: an apple that is eaten is
/// a fruit, one that is sued a company, and after "buys" it may be either.
[[nodiscard]] Corpus builtin_sentences(std::int64_t count, std::uint64_t seed);

/// What the words of a sentence say of its tags, by the forward-backward algorithm (Rabiner 1989).
struct Posterior {
  std::vector<std::int32_t> tags;  // the likeliest of each word: nothing is right more often
  double right = 0;                // how many of them are, on average
  double entropy = 0;              // of all tags given all words, in nats: -log p is no less
};
/// unroll::ValueError for words that the process cannot say.
[[nodiscard]] Posterior posterior_of(std::span<const std::string> words);

/// The best that can be expected of any tagger on some sentences of the process.
struct BestPossible {
  double accuracy;  // of words
  double nats;      // a word
};
[[nodiscard]] BestPossible best_possible(const Corpus& corpus);

}  // namespace tagger
