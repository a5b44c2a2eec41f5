#include <unroll/core/error.h>
#include <unroll/ops/ranking.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace unroll {
namespace {

Index width_of(const TensorView& x) {
  if (x.shape.rank() == 0) fail<ShapeError>("topk: a scalar: rows are needed");
  return x.shape[x.shape.rank() - 1];
}

}  // namespace

Ranking topk(const TensorView& x, Index k) {
  const Index width = width_of(x);
  if (k < 0 || k > width) {
    fail<ShapeError>("topk: the best {} of {}, whose rows have {} elements", k, x.shape.to_string(),
                     width);
  }
  const std::vector<double> all = x.to_doubles();
  Ranking best;
  std::vector<std::int32_t> order(static_cast<std::size_t>(width));
  for (std::size_t begin = 0; begin < all.size(); begin += order.size()) {
    const double* const row = all.data() + begin;
    std::iota(order.begin(), order.end(), 0);
    std::partial_sort(order.begin(), order.begin() + k, order.end(),
                      [row](std::int32_t a, std::int32_t b) {
                        if (std::isnan(row[a]) != std::isnan(row[b])) return std::isnan(row[b]);
                        return row[a] > row[b] || (!(row[b] > row[a]) && a < b);
                      });
    for (Index i = 0; i < k; ++i) {
      const std::int32_t id = order[static_cast<std::size_t>(i)];
      best.ids.push_back(id);
      best.values.push_back(row[id]);
    }
  }
  return best;
}

Ranking sort(const TensorView& x) { return topk(x, width_of(x)); }

std::vector<std::int32_t> argmax(const TensorView& x) { return topk(x, 1).ids; }

}  // namespace unroll
