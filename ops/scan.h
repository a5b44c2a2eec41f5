#pragma once
/// Operations that keep the elements along an axis in a row: running sums, orders, positions.

#include <unroll/core/tape.h>

namespace unroll {

/// y[i] = x[0] + ... + x[i] along an axis.
Var cumsum(Var x, Index axis);
/// The elements along an axis in reverse order.
Var flip(Var x, Index axis);
/// The elements along an axis moved on by `shift` places; those that leave at the end enter at the
/// beginning, and the other way round where it is negative.
Var roll(Var x, Index axis, Index shift);

/// The position of the largest, or the smallest, element along an axis, which is removed: i32, no
/// gradient. Of several that are equal the first; of NaNs the first. ShapeError where there is
/// none.
Var argmax(Var x, Index axis = -1);
Var argmin(Var x, Index axis = -1);

}  // namespace unroll
