#pragma once
/// A linear-chain conditional random field (Lafferty, McCallum & Pereira 2001): the best sequence
/// of tags as a whole, not the best tag of each step.

#include <unroll/layers/initialize.h>
#include <unroll/ops/loss.h>

#include <span>
#include <vector>

namespace unroll {

/// The tags y of a sequence of emissions e (T, K) have the score
///
///   start[y_1] + sum_t e[t, y_t] + sum_t transitions[y_(t-1), y_t] + end[y_T]
///
/// and a probability in proportion to exp(score). Batches are (T, B, K); sequence b ends after
/// `lengths[b]` steps, all at T where no lengths are given. ShapeError and ValueError for lengths
/// and tags that do not fit.
struct Crf {
  /// The steps of each sequence; empty: all have T.
  using Lengths = std::span<const Index>;

  /// Of `tags` tags, K in the shapes below.
  Crf(const Parameters& p, Index tags);

  /// -log p(tags) of the sequences; tags: i32 (T, B).
  [[nodiscard]] Var loss(Var emissions, const TensorView& tags, Lengths lengths = {},
                         Reduction reduction = Reduction::mean) const;
  /// The score of tags: (B).
  [[nodiscard]] Var score(Var emissions, const TensorView& tags, Lengths lengths = {}) const;
  /// The logarithm of the sum of exp(score) over all ways to tag: (B).
  [[nodiscard]] Var log_partition(Var emissions, Lengths lengths = {}) const;
  /// The probability of each tag at each step, (T, B, K); 0 after the end. They are the gradient of
  /// log_partition() with respect to the emissions, found by walking the tape back.
  [[nodiscard]] Var marginals(Var emissions, Lengths lengths = {}) const;
  /// The best tags of each sequence and their score (Viterbi 1967).
  struct Best {
    std::vector<std::int32_t> tags;  // one a step
    double score;                    // as score() has it
  };
  /// Of emissions (T, B, K): one result a sequence.
  [[nodiscard]] std::vector<Best> best(const TensorView& emissions, Lengths lengths = {}) const;

  Index tags;             // K
  Parameter transitions;  // (K x K), from row to column
  Parameter start, end;   // (K)
};

}  // namespace unroll
