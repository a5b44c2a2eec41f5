#pragma once
/// The likeliest translations, by beam search.

#include <span>
#include <vector>

#include "translate/task.h"

namespace translate {

struct SearchOptions {
  int width = 5;         // translations that are followed at once; 1: the greedy one
  double normalise = 1;  // log P is divided by the number of words to this power; 0: not
};

/// A translation that was found.
struct Found {
  Ids words;                   // without the end
  double log_probability = 0;  // of the words and of the end
  double score = 0;            // the same, divided by (words + end) to the power `normalise`
};

/// The translations of each of some sentences that a beam search finds, those of the highest score
/// first: as many as the beam is wide, unless there are no more. In each step the likeliest of all
/// longer translations are kept; one that ends takes its place in the beam for good. Words that the
/// model does not know are never written. A translation that has not ended after twice the words of
/// its source and ten is cut off. Sentences of a batch do not change each other's translations.
[[nodiscard]] std::vector<std::vector<Found>> search(const Translator& translator,
                                                     std::span<const Ids> sources,
                                                     const SearchOptions& options);

/// The best translation of each pair's source, in order.
[[nodiscard]] std::vector<Ids> translate_all(const Translator& translator, const Pairs& pairs,
                                             const SearchOptions& options);

}  // namespace translate
