#pragma once
/// Work in equal parts.

#include <unroll/core/shape.h>

#include <algorithm>

namespace unroll {

/// Rows, columns or whatever is counted, [begin, end).
struct Interval {
  Index begin;
  Index end;
  [[nodiscard]] Index size() const { return end - begin; }
};

/// Part `part` of `parts` of [0, whole). Parts begin and end at multiples of `grain`, but for the
/// end of the last.
[[nodiscard]] inline Interval share_of(Index whole, int part, int parts, Index grain = 1) {
  const Index grains = (whole + grain - 1) / grain;
  return {std::min(whole, grains * part / parts * grain),
          std::min(whole, grains * (part + 1) / parts * grain)};
}

}  // namespace unroll
