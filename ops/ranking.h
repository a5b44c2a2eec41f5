#pragma once
/// Orders of values that have been computed: for decoding.

#include <unroll/core/tensor.h>

#include <vector>

namespace unroll {

/// The best of each row, the best first: row r has elements [r k, (r + 1) k) of both.
struct Ranking {
  std::vector<std::int32_t> ids;  // positions in the row
  std::vector<double> values;     // the elements there
};
/// The k largest elements of each row along the last axis, the largest first; of equal ones the
/// first goes first, and NaNs go last. ShapeError for a scalar and where a row has fewer than k.
[[nodiscard]] Ranking topk(const TensorView& x, Index k);
/// All elements of each row, from the largest to the smallest.
[[nodiscard]] Ranking sort(const TensorView& x);
/// The position of the largest element of each row.
[[nodiscard]] std::vector<std::int32_t> argmax(const TensorView& x);

}  // namespace unroll
