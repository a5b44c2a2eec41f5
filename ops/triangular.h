#pragma once
/// Systems of equations whose matrix is a triangle.

#include <unroll/ops/elementwise.h>

namespace unroll {

/// y with (I + L) y = b or, transposed, (I + L)ᵀ y = b: of L only the elements below the diagonal
/// are read. L: (..., n, n), b and y: (..., n, m), with the same axes before the last two;
/// ShapeError for other shapes.
Var solve_unit_lower(Var L, Var b, bool transposed = false);

}  // namespace unroll
