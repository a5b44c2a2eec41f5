#include <unroll/layers/softmax/targets.h>
#include <unroll/ops/elementwise.h>
#include <unroll/ops/reduce.h>
#include <unroll/ops/shape.h>

#include <algorithm>
#include <limits>
#include <numeric>

namespace unroll {

RowsWithTargets::RowsWithTargets(std::string_view layer, Var input, Index in,
                                 const TensorView& targets, Index vocabulary, Index ignore_index)
    : h(rows_of(layer, input, in)), shape(targets.shape) {
  const Shape whole = input.shape();
  if (whole.without(whole.rank() - 1) != shape) {
    fail<ShapeError>("{}: h {} and targets {}: one target is needed for each row of h", layer,
                     whole.to_string(), shape.to_string());
  }
  words.reserve(static_cast<std::size_t>(targets.size()));
  for (const std::int32_t target : targets.values<std::int32_t>()) {
    const bool ignored = target == ignore_index;
    if (!ignored && (target < 0 || target >= vocabulary)) {
      fail<ValueError>(
          "{}: target {} at position {}: expected one in [0, {}){}", layer, target, words.size(),
          vocabulary,
          ignore_index == kIgnoreNone ? "" : fmt::format(" or {} to ignore", ignore_index));
    }
    words.push_back(ignored ? kIgnored : target);
    if (!ignored) ++counted;
  }
}

Var RowsWithTargets::reduce(Var losses, Reduction reduction) const {
  const Var total = sum(losses);
  return reduction == Reduction::sum ? total : total / static_cast<double>(counted);
}

Var RowsWithTargets::shaped(Var losses) const { return reshape(losses, shape); }

Index rounded_up(Index count) {
  Index size = 8;
  while (size < count) size += size % 3 == 0 ? size / 3 : size / 2;
  return size;
}

std::vector<std::int32_t> by_frequency(std::string_view layer, WordCounts counts) {
  if (counts.empty() || counts.size() > std::numeric_limits<std::int32_t>::max()) {
    fail<ValueError>("{}: counts of {} words: expected 1 to 2147483647", layer, counts.size());
  }
  const auto negative = std::ranges::find_if(counts, [](std::int64_t count) { return count < 0; });
  if (negative != counts.end()) {
    fail<ValueError>("{}: a count of {} for word {}: expected 0 or more", layer, *negative,
                     negative - counts.begin());
  }
  constexpr double kMost = 9e18;  // what 64 bits hold
  if (std::accumulate(counts.begin(), counts.end(), 0.0) > kMost) {
    fail<ValueError>("{}: counts with a sum above {:g}", layer, kMost);
  }
  std::vector<std::int32_t> order(counts.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, std::ranges::greater(),
                           [&](std::int32_t id) { return counts[static_cast<std::size_t>(id)]; });
  return order;
}

std::vector<std::int32_t> inverse_of(const std::vector<std::int32_t>& order) {
  std::vector<std::int32_t> positions(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    positions[static_cast<std::size_t>(order[i])] = static_cast<std::int32_t>(i);
  }
  return positions;
}

Var rows_of(std::string_view layer, Var h, Index in) {
  const Shape shape = h.shape();
  if (shape.rank() == 0 || shape[shape.rank() - 1] != in) {
    fail<ShapeError>("{}: h {}: its last axis has to be {}", layer, shape.to_string(), in);
  }
  return reshape(h, {shape.size() / in, in});
}

Var shaped_as(Var h, Var rows) {
  const Shape shape = h.shape();
  const int last = shape.rank() - 1;
  return reshape(rows, shape.with(last, rows.shape()[1]));
}

Var put_ids(Var var, const Shape& shape, const std::vector<std::int32_t>& ids) {
  return var.tape().input(Tensor::of<std::int32_t>(shape, ids));
}

Var put_numbers(Var var, const Shape& shape, const std::vector<double>& numbers) {
  return var.tape().input(Tensor::of<double>(shape, numbers));
}

}  // namespace unroll
