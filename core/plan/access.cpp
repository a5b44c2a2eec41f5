#include <unroll/core/plan/access.h>

#include <algorithm>

namespace unroll {

std::optional<FusedStep::Access> access_of(const Draft& draft, Id input, Id result) {
  using enum FusedStep::Access;
  const Value& in = draft.values[input];
  const Value& out = draft.values[result];
  const Index size = in.rows * in.columns;
  if (in.rows == out.rows && in.columns == out.columns) return whole;
  if (size == 1) return scalar;
  if (in.rows == 1 && in.columns == out.columns) return row;
  if (in.rows == out.rows && in.columns == 1) return column;
  return std::nullopt;
}

bool is_fusible(const Draft& draft, Id id) {
  const auto inputs = draft.inputs_of(id);
  const bool fits = draft.values[id].op->sums ? inputs.size() > 1 : inputs.size() <= 3;
  return fits && std::all_of(inputs.begin(), inputs.end(),
                             [&](Id input) { return access_of(draft, input, id).has_value(); });
}

}  // namespace unroll
