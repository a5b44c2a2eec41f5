#pragma once
/// Matrix products.

#include <unroll/core/tape.h>

namespace unroll {

/// a b for matrices; either may be read transposed. a: (m x k), b: (k x n), result (m x n).
struct Transposed {
  bool a = false;
  bool b = false;
};
Var matmul(Var a, Var b, Transposed transposed = {});

/// x Wᵀ + b, the layer every network is made of. x: (..., in), W: (out x in), b: (out) or none;
/// result (..., out).
Var linear(Var x, Var W, Var b);
Var linear(Var x, Var W);

}  // namespace unroll
