#include <unroll/core/plan/reading.h>

#include <algorithm>

namespace unroll {
namespace {

/// The shape of a value that stands for a node; null for what passes added.
const Shape* shape_of(const Draft& draft, Id id) {
  const std::size_t count = draft.request.work.size();
  if (id < count) return &draft.request.kind_of(id).shape;
  return id < draft.request.nodes.size() ? &draft.request.sources[id - count].shape : nullptr;
}

/// Which row of an input each row of a result reads, where it is broadcast along the first axes, as
/// (256 x 16) beside (32 x 256 x 16), or along the last ones but one, as (32 x 1 x 256) beside
/// (32 x 256 x 256).
std::optional<FusedStep::Reading> rows_of(FusedStep::Access access, const Shape& in,
                                          const Shape& out) {
  const int missing = out.rank() - in.rank();
  const auto dim = [&](int axis) { return axis < missing ? 1 : in[axis - missing]; };
  const int rows = out.rank() - 1;  // the axes that rows are counted along
  int first = 0;
  while (first < rows && dim(first) == 1) ++first;
  int end = first;
  while (end < rows && dim(end) == out[end]) ++end;
  for (int axis = end; axis < rows; ++axis) {
    if (dim(axis) != 1) return std::nullopt;
  }
  const bool again = out.size(0, first) != 1;
  return FusedStep::Reading{access, out.size(end, rows), again ? out.size(first, end) : 0};
}

}  // namespace

std::optional<FusedStep::Reading> reading_of(const Draft& draft, Id input, Id result) {
  using enum FusedStep::Access;
  using Reading = FusedStep::Reading;
  const Value& in = draft.values[input];
  const Value& out = draft.values[result];
  if (in.rows == out.rows && in.columns == out.columns) return Reading{whole};
  if (in.rows * in.columns == 1) return Reading{scalar};
  if (in.columns != out.columns && in.columns != 1) return std::nullopt;
  const auto access = in.columns == out.columns ? row : column;
  if (in.rows == 1 && access == row) return Reading{row, out.rows};
  if (in.rows == out.rows) return Reading{column};
  const Shape* const from = shape_of(draft, input);
  const Shape* const to = shape_of(draft, result);
  return from && to ? rows_of(access, *from, *to) : std::nullopt;
}

bool is_fusible(const Draft& draft, Id id) {
  const auto inputs = draft.inputs_of(id);
  const bool fits = draft.values[id].op->adds_up ? inputs.size() > 1 : inputs.size() <= 3;
  return fits && std::all_of(inputs.begin(), inputs.end(),
                             [&](Id input) { return reading_of(draft, input, id).has_value(); });
}

FusedStep::Reading reading_of_sum(const Draft& draft, Id sum) {
  const Shape& shape = draft.request.kind_of(draft.inputs_of(sum)[0]).shape;
  const int axis = draft.values[sum].op->sum_axis(draft.signature(sum));
  if (axis == shape.rank() - 1) return {FusedStep::Access::column};
  if (axis == shape.rank() - 2) return {FusedStep::Access::row, shape[axis]};
  return {FusedStep::Access::row, 1, shape.size(axis + 1, shape.rank() - 1)};
}

}  // namespace unroll
