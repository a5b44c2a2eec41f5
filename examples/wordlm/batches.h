#pragma once
/// Sentences side by side: minibatches of like length, padded at the end.

#include <unroll/core/run/share.h>
#include <unroll/core/tensor.h>
#include <unroll/ops/random.h>

#include <vector>

#include "wordlm/corpus.h"

namespace wordlm {

/// The target of a padded place; the loss ignores it.
inline constexpr std::int32_t kPadding = -1;

/// Minibatches as lists of sentence numbers. In file order each sentence follows the one before;
/// shuffled, the order is a function of (seed, epoch), sentences of like length share a batch, and
/// batches come in random order.
[[nodiscard]] std::vector<std::vector<std::size_t>> make_batches(const std::vector<Ids>& sentences,
                                                                 std::int64_t batch, bool shuffle,
                                                                 std::uint64_t seed,
                                                                 std::int64_t epoch);

/// What a model reads and what it has to predict, each (T, B) i32: y is x one word later.
struct Batch {
  unroll::Tensor x;
  unroll::Tensor y;          // kPadding after the end of a sentence
  std::int64_t words = 0;    // of the whole batch
  unroll::BatchPart part{};  // which of its columns these are
};
/// The columns [part.begin, part.end) of a batch, that may be none.
[[nodiscard]] Batch make_batch(const std::vector<Ids>& sentences,
                               const std::vector<std::size_t>& numbers, unroll::Interval part);
/// All columns of a batch.
[[nodiscard]] Batch make_batch(const std::vector<Ids>& sentences,
                               const std::vector<std::size_t>& numbers);

}  // namespace wordlm
