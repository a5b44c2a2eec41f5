#pragma once
/// Trees whose labels follow from their words and their order.

#include "trees/trees.h"

namespace trees {

/// `count` trees. A leaf is an adjective from "awful", 0, to "great", 4. "not" turns what follows
/// round, 4 - x; "very" takes what follows one step away from the middle; of two judgements side by
/// side the second one, the last impression, is that of both. A tree is one of the two with
/// probability 0.3, two judgements with 0.4, else an adjective; at depth 5 always an adjective.
[[nodiscard]] std::vector<Tree> builtin_trees(std::int64_t count, std::uint64_t seed);

/// The part of these trees whose root a judge gets right at best that does not see the order of
/// children, as the child-sum form does not: of two judgements either may have been the second. The
/// mean, over the trees, of the probability of the likeliest label. `binary`: where it only tells
/// positive from negative, for the trees whose root is not neutral.
[[nodiscard]] double best_without_order(const std::vector<Tree>& trees, bool binary = false);

}  // namespace trees
