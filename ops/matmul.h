#pragma once
/// Matrix products.

#include <unroll/ops/elementwise.h>

namespace unroll {

/// Which of the two factors of a product are read transposed.
struct Transposed {
  bool a = false;  // a is given as (k x m)
  bool b = false;  // b is given as (n x k)
};
/// a b for matrices. a: (m x k), b: (k x n), result (m x n); ShapeError for other shapes. Axes
/// before the last two hold one matrix after another, and broadcast by NumPy's rule: (B x m x k)
/// times (B x k x n), or times one (k x n) for all, gives (B x m x n).
Var matmul(const Operand& a, const Operand& b, Transposed transposed = {});
template <class A, class B>
requires BothOffTape<A, B> Expression matmul(const A& a, const B& b, Transposed transposed = {}) {
  return later([=](const Operand& x, const Operand& y) { return matmul(x, y, transposed); }, a, b);
}

/// x Wᵀ + b, the layer every network is made of. x: (..., in), W: (out x in), b: (out) or none;
/// result (..., out).
Var linear(Var x, const Operand& W, const Operand& b);
Var linear(Var x, const Operand& W);

/// All products of an element of a with one of b: a (..., m), b (..., n), result (..., m, n), where
/// the leading axes broadcast.
Var outer(Var a, Var b);
/// The sum of a b along an axis.
Var dot(Var a, Var b, Index axis = -1, bool keep = false);

}  // namespace unroll
