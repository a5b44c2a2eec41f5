#pragma once
/// Matrix products and systems with a triangle through OpenBLAS, whose header is included nowhere
/// else.

#include <unroll/core/shape.h>

namespace unroll {

/// c (m x n) = a b + beta c, row-major; a is (m x k), or (k x m) read transposed, b likewise.
/// beta is 0 or 1; with 0 the old c is not read. A vector on one side goes through gemv. On one
/// thread: those of a team each multiply a part.
struct Product {
  bool transpose_a = false;
  bool transpose_b = false;
  Index m = 0;
  Index n = 0;
  Index k = 0;
};
void multiply(const Product& product, const float* a, const float* b, float beta, float* c);
void multiply(const Product& product, const double* a, const double* b, double beta, double* c);

/// Solves (I + L) y = b, or (I + L)ᵀ y = b, for y (rows x columns), which takes the place of b. Of
/// L (rows x rows) only the elements below the diagonal are read. On one thread.
struct UnitLower {
  bool transposed = false;
  Index rows = 0;
  Index columns = 0;
};
void solve_unit_lower(const UnitLower& system, const float* L, float* b);
void solve_unit_lower(const UnitLower& system, const double* L, double* b);

}  // namespace unroll
