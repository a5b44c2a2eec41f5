#pragma once
/// Operations that have fewer elements than their input.

#include <unroll/core/tape.h>

namespace unroll {

/// The sum of all elements, or along one axis (counted from the back where negative), which is
/// removed, or kept with one element.
Var sum(Var x);
Var sum(Var x, Index axis, bool keep = false);

/// The mean of all elements, or along one axis; ShapeError where there is nothing to average.
Var mean(Var x);
Var mean(Var x, Index axis, bool keep = false);

/// The largest element along one axis; where several are largest, the gradient is shared equally.
Var max(Var x, Index axis, bool keep = false);

/// `x`, of the shape that `shape` broadcasts to, summed back to `shape`.
Var sum_to(Var x, const Shape& shape);

}  // namespace unroll
