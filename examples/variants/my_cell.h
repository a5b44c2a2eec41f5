#pragma once
/// The cell of the guide "write your own cell": README.md, in this folder.

#include <unroll/layers/gate.h>
#include <unroll/ops/elementwise.h>

namespace variants {

using unroll::CellOptions, unroll::Gate, unroll::Index, unroll::Input, unroll::Parameter;
using unroll::Parameters, unroll::Random, unroll::Shape, unroll::Var;

/// A gated cell in which every unit learns a speed of its own: fast units follow the input, slow
/// ones remember. In: x (B, in) or ids (B), h (B, hidden); out: h (B, hidden).
struct MyCell {
  using State = Var;
  static constexpr std::string_view source = "examples/variants/README.md";
  static constexpr std::string_view equations =
      "z = sigmoid(s) sigmoid(Wz x + Uz h + bz)\n"
      "n = tanh(Wn x + Un h + bn)\n"
      "h' = (1 - z) h + z n";

  MyCell(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden),
        z(p / "z", in, hidden, options),
        n(p / "n", in, hidden, options),
        s(p.add("s", {hidden}, speeds)) {}

  [[nodiscard]] Var step(Var x, Var h) const {
    const Var zt = sigmoid(s) * sigmoid(z(x, h));
    const Var nt = tanh(n(x, h));
    return (1 - zt) * h + zt * nt;
  }

  /// sigmoid(s) from 0.9, new at every step, to 0.007, which takes hundreds of steps to forget.
  static void speeds(const Shape& /*shape*/, std::span<double> s, Random& random) {
    for (double& value : s) value = random.uniform(-5, 2);
  }

  Index hidden;
  Gate z, n;
  Parameter s;
};

}  // namespace variants
