#pragma once
/// Sentences side by side: minibatches of like length, padded at the end.

#include <unroll/core/run/share.h>
#include <unroll/core/tensor.h>
#include <unroll/ops/random.h>

#include <cstdint>
#include <vector>

#include "wordlm/sentence_list.h"

namespace wordlm {

/// The target of a padded place; the loss ignores it.
inline constexpr std::int32_t kPadding = -1;

/// The order of the sentences in an epoch.
struct EpochOrder {
  std::int64_t batch = 1;  ///< sentences of a minibatch
  bool shuffle = true;     ///< otherwise each sentence follows the one before
  std::uint64_t seed = 0;
  std::int64_t epoch = 0;
  /// Sentences whose order is in memory at a time.
  std::size_t window = std::size_t{1} << 20U;
};

/// The minibatches of an epoch as lists of sentence numbers, each sentence once. Shuffled, the
/// order is a function of (seed, epoch), sentences of like length share a batch, and batches come
/// in random order. A text of more sentences than a window is read window by window: the windows
/// come in random order, and so do the batches of each. At any time only the lengths of one
/// window's sentences are in memory.
class SentenceBatches {
 public:
  SentenceBatches(SentenceList sentences, const EpochOrder& order);

  /// How many there are.
  [[nodiscard]] std::int64_t count() const { return begins_.back(); }
  /// The sentences of one, valid until another is asked for. Batches in their order are found
  /// fastest.
  [[nodiscard]] const std::vector<std::size_t>& operator[](std::int64_t number);

 private:
  void open_turn(std::size_t turn);

  SentenceList sentences_;
  EpochOrder order_;
  std::vector<std::size_t> turns_;    // the windows in the order in which they are read
  std::vector<std::int64_t> begins_;  // the number of the first batch of each turn, and of the end
  std::size_t open_ = 0;              // the turn whose batches are in memory
  std::vector<std::vector<std::size_t>> batches_;
};

/// What a model reads and what it has to predict, each (T, B) i32: y is x one word later.
struct Batch {
  unroll::Tensor x;
  unroll::Tensor y;          // kPadding after the end of a sentence
  std::int64_t words = 0;    // of the whole batch
  unroll::BatchPart part{};  // which of its columns these are
};
/// The columns [part.begin, part.end) of a batch, that may be none.
[[nodiscard]] Batch make_batch(const SentenceList& sentences,
                               const std::vector<std::size_t>& numbers, unroll::Interval part);
/// All columns of a batch.
[[nodiscard]] Batch make_batch(const SentenceList& sentences,
                               const std::vector<std::size_t>& numbers);

}  // namespace wordlm
