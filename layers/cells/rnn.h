#pragma once
/// The simple recurrent network (Elman 1990).

#include <unroll/layers/gate.h>
#include <unroll/ops/elementwise.h>

namespace unroll {

/// h' = f(W x + U h + b), f = tanh unless said otherwise: relu, sigmoid, or any function of a Var.
struct Rnn {
  using State = Var;
  static constexpr std::string_view source = "Elman 1990";
  static constexpr std::string_view equations = "h' = f(W x + U h + b)";

  Rnn(const Parameters& p, Input in, Index hidden, const CellOptions& options = {},
      Var (*f)(Var) = tanh)
      : hidden(hidden), gate(p / "h", in, hidden, options), f(f) {}

  [[nodiscard]] Var step(Var x, Var h) const { return f(gate(x, h)); }

  Index hidden;
  Gate gate;
  Var (*f)(Var);
};

/// The options that make Rnn with f = relu an IRNN (Le, Jaitly & Hinton 2015), which differs from
/// any other ReLU network only in how it begins: U is the identity, b is 0 unless options say
/// otherwise, and W is small, normal with a standard deviation of 0.001.
inline CellOptions irnn_options(const CellOptions& options) {
  CellOptions result = options;
  result.U = identity();
  if (!result.W) result.W = normal(0.001);
  return result;
}

}  // namespace unroll
