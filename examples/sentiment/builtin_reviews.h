#pragma once
/// Reviews made up for this program by a process whose best possible judge is known.

#include <cstdint>
#include <vector>

#include "sentiment/reviews.h"

namespace sentiment {

/// A review is as likely positive as negative. It judges three or five aspects, each well with
/// probability 0.8 if it is positive and 0.2 if it is negative. A judgement is a phrase: that the
/// aspect was good, or, two times in five, that it was not bad. Which words it is made of does not
/// depend on the review. So the number of favourable judgements says all there is to know, and the
/// best any judge can do is to side with the majority of them.
[[nodiscard]] Reviews builtin_reviews(std::int64_t count, std::uint64_t seed);

/// The accuracy of that judge: the probability that the majority agrees with the review, the mean
/// of the 0.896 of three judgements and the 0.94208 of five.
[[nodiscard]] double best_accuracy();

/// What that judge says of a built-in review: whether it is positive.
[[nodiscard]] bool judge_by_majority(const std::vector<std::string>& words);

}  // namespace sentiment
