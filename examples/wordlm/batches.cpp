#include "wordlm/batches.h"

#include <unroll/core/random.h>

#include <algorithm>
#include <numeric>

namespace wordlm {
namespace {

template <class T>
void shuffle_all(std::vector<T>& items, unroll::Random& random) {
  for (std::size_t i = items.size(); i > 1; --i) {
    std::swap(items[i - 1],
              items[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(i)))]);
  }
}

}  // namespace

std::vector<std::vector<std::size_t>> make_batches(const std::vector<Ids>& sentences,
                                                   std::int64_t batch, bool shuffle,
                                                   std::uint64_t seed, std::int64_t epoch) {
  std::vector<std::size_t> order(sentences.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  unroll::Random random(seed, unroll::hash_name(fmt::format("order of epoch {}", epoch)));
  const auto size = static_cast<std::size_t>(batch);
  if (shuffle) {
    shuffle_all(order, random);
    // Sorted within stretches of many batches: little padding, and other neighbours every epoch.
    const std::size_t stretch = 50 * size;
    for (std::size_t begin = 0; begin < order.size(); begin += stretch) {
      const auto first = order.begin() + static_cast<std::ptrdiff_t>(begin);
      const auto last =
          order.begin() + static_cast<std::ptrdiff_t>(std::min(begin + stretch, order.size()));
      std::stable_sort(first, last, [&](std::size_t a, std::size_t b) {
        return sentences[a].size() < sentences[b].size();
      });
    }
  }
  std::vector<std::vector<std::size_t>> batches;
  for (std::size_t begin = 0; begin < order.size(); begin += size) {
    const std::size_t end = std::min(begin + size, order.size());
    batches.emplace_back(order.begin() + static_cast<std::ptrdiff_t>(begin),
                         order.begin() + static_cast<std::ptrdiff_t>(end));
  }
  if (shuffle) shuffle_all(batches, random);
  return batches;
}

Batch make_batch(const std::vector<Ids>& sentences, const std::vector<std::size_t>& numbers) {
  std::size_t steps = 0;
  for (const std::size_t number : numbers) steps = std::max(steps, sentences[number].size() - 1);
  const unroll::Shape shape{static_cast<unroll::Index>(steps),
                            static_cast<unroll::Index>(numbers.size())};
  Batch batch{unroll::Tensor(unroll::DType::i32, shape), unroll::Tensor(unroll::DType::i32, shape),
              0};
  const auto x = batch.x.values<std::int32_t>();
  const auto y = batch.y.values<std::int32_t>();
  std::fill(x.begin(), x.end(), 0);  // any word: nothing comes of it
  std::fill(y.begin(), y.end(), kPadding);
  for (std::size_t b = 0; b < numbers.size(); ++b) {
    const Ids& ids = sentences[numbers[b]];
    for (std::size_t t = 0; t + 1 < ids.size(); ++t) {
      x[t * numbers.size() + b] = ids[t];
      y[t * numbers.size() + b] = ids[t + 1];
    }
    batch.words += static_cast<std::int64_t>(ids.size() - 1);
  }
  return batch;
}

}  // namespace wordlm
