#include "common/batches.h"

#include <fmt/format.h>
#include <unroll/core/random.h>

#include <algorithm>
#include <numeric>
#include <string>

namespace examples {
namespace {

template <class T>
void shuffle_all(std::vector<T>& items, unroll::Random& random) {
  for (std::size_t i = items.size(); i > 1; --i) {
    std::swap(items[i - 1],
              items[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(i)))]);
  }
}

std::vector<std::vector<std::size_t>> cut(std::span<const std::size_t> order, std::size_t size) {
  std::vector<std::vector<std::size_t>> batches;
  for (std::size_t begin = 0; begin < order.size(); begin += size) {
    const auto part = order.subspan(begin, std::min(size, order.size() - begin));
    batches.emplace_back(part.begin(), part.end());
  }
  return batches;
}

std::vector<std::size_t> in_order(std::size_t examples) {
  std::vector<std::size_t> order(examples);
  std::iota(order.begin(), order.end(), std::size_t{0});
  return order;
}

}  // namespace

std::vector<std::vector<std::size_t>> shuffled_batches(std::span<const std::int64_t> lengths,
                                                       std::int64_t batch, std::uint64_t seed,
                                                       std::int64_t epoch) {
  std::vector<std::size_t> order = in_order(lengths.size());
  unroll::Random random(seed, unroll::hash_name(fmt::format("order of epoch {}", epoch)));
  shuffle_all(order, random);
  // Sorted within stretches of many batches: little padding, and other neighbours every epoch.
  const auto size = static_cast<std::size_t>(batch);
  const std::size_t stretch = 50 * size;
  for (std::size_t begin = 0; begin < order.size(); begin += stretch) {
    const auto first = order.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto last =
        order.begin() + static_cast<std::ptrdiff_t>(std::min(begin + stretch, order.size()));
    std::stable_sort(first, last,
                     [&](std::size_t a, std::size_t b) { return lengths[a] < lengths[b]; });
  }
  auto batches = cut(order, size);
  shuffle_all(batches, random);
  return batches;
}

std::vector<std::vector<std::size_t>> batches_in_order(std::size_t examples, std::int64_t batch) {
  return cut(in_order(examples), static_cast<std::size_t>(batch));
}

}  // namespace examples
