#include "wordlm/batches.h"

#include <fmt/format.h>
#include <unroll/core/random.h>

#include <algorithm>
#include <numeric>
#include <span>
#include <utility>

#include "common/batches.h"

namespace wordlm {

namespace {

/// The number of the first element of part `part`, where `whole` elements are divided into `parts`
/// parts. The first ones have one element more than the others if the division leaves a rest.
std::size_t begin_of_part(std::size_t whole, std::size_t part, std::size_t parts) {
  return whole / parts * part + std::min(part, whole % parts);
}

}  // namespace

SentenceBatches::SentenceBatches(SentenceList sentences, const EpochOrder& order)
    : sentences_(std::move(sentences)), order_(order) {
  const std::size_t windows =
      std::max<std::size_t>((sentences_.size() + order.window - 1) / order.window, 1);
  turns_.resize(windows);
  std::iota(turns_.begin(), turns_.end(), std::size_t{0});
  if (order.shuffle) {
    unroll::Random random(order.seed,
                          unroll::hash_name(fmt::format("windows of epoch {}", order.epoch)));
    for (std::size_t i = windows; i > 1; --i) {
      std::swap(turns_[i - 1],
                turns_[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(i)))]);
    }
  }
  begins_ = {0};
  for (const std::size_t window : turns_) {
    const auto size =
        static_cast<std::int64_t>(begin_of_part(sentences_.size(), window + 1, windows) -
                                  begin_of_part(sentences_.size(), window, windows));
    begins_.push_back(begins_.back() + (size + order.batch - 1) / order.batch);
  }
  open_ = windows;
}

const std::vector<std::size_t>& SentenceBatches::operator[](std::int64_t number) {
  const auto next = std::ranges::upper_bound(begins_, number);
  const auto turn = static_cast<std::size_t>(next - begins_.begin()) - 1;
  if (turn != open_) open_turn(turn);
  return batches_[static_cast<std::size_t>(number - begins_[turn])];
}

void SentenceBatches::open_turn(std::size_t turn) {
  const std::size_t window = turns_[turn];
  const std::size_t begin = begin_of_part(sentences_.size(), window, turns_.size());
  const std::size_t end = begin_of_part(sentences_.size(), window + 1, turns_.size());
  batches_ = {};  // before the next are made
  if (order_.shuffle) {
    std::vector<std::int64_t> lengths;
    lengths.reserve(end - begin);
    for (std::size_t i = begin; i < end; ++i) lengths.push_back(sentences_.length(i));
    constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15U;  // every window has an order of its own
    batches_ = examples::shuffled_batches(lengths, order_.batch, order_.seed + window * kOdd,
                                          order_.epoch);
  } else {
    batches_ = examples::batches_in_order(end - begin, order_.batch);
  }
  for (auto& batch : batches_) {
    for (std::size_t& number : batch) number += begin;
  }
  open_ = turn;
}

Batch make_batch(const SentenceList& sentences, const std::vector<std::size_t>& numbers,
                 unroll::Interval part) {
  const auto mine = std::span(numbers).subspan(static_cast<std::size_t>(part.begin),
                                               static_cast<std::size_t>(part.size()));
  std::size_t steps = 1;
  for (const std::size_t number : mine) {
    steps = std::max(steps, static_cast<std::size_t>(sentences.length(number)) - 1);
  }
  const unroll::Shape shape{static_cast<unroll::Index>(steps), part.size()};
  Batch batch{unroll::Tensor(unroll::DType::i32, shape),
              unroll::Tensor(unroll::DType::i32, shape),
              0,
              {part.begin, std::ssize(numbers)}};
  const auto x = batch.x.values<std::int32_t>();
  const auto y = batch.y.values<std::int32_t>();
  std::fill(x.begin(), x.end(), 0);  // any word: nothing comes of it
  std::fill(y.begin(), y.end(), kPadding);
  for (std::size_t b = 0; b < mine.size(); ++b) {
    const std::span<const std::int32_t> ids = sentences[mine[b]];
    for (std::size_t t = 0; t + 1 < ids.size(); ++t) {
      x[t * mine.size() + b] = ids[t];
      y[t * mine.size() + b] = ids[t + 1];
    }
  }
  for (const std::size_t number : numbers) batch.words += sentences.length(number) - 1;
  return batch;
}

Batch make_batch(const SentenceList& sentences, const std::vector<std::size_t>& numbers) {
  return make_batch(sentences, numbers, {0, std::ssize(numbers)});
}

}  // namespace wordlm
