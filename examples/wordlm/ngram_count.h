#pragma once
/// Counting n-grams.

#include "wordlm/ngram.h"

namespace wordlm {

/// The n-grams of 1 ... `order` words of texts, as NgramModel counts them; in time that grows as
/// that of one sort of the words. Throws unroll::Error for an id out of range, or where there is no
/// word to predict.
[[nodiscard]] std::vector<NgramLevel> count_ngrams(const SentenceList& texts, int order,
                                                   std::int64_t words, std::int32_t start);

}  // namespace wordlm
