#pragma once
/// STAR, the stackable recurrent cell (Turkoglu, D'Aronco, Wegner & Schindler 2019): one gate, and
/// gradients that keep their size through many layers.

#include <unroll/layers/gate.h>
#include <unroll/ops/elementwise.h>

namespace unroll {

/// in: (B, in) or ids (B), out: h (B, hidden). The more k is open, the more of h is replaced: no
/// forget bias is added to it.
struct Star {
  using State = Var;
  static constexpr std::string_view source = "Turkoglu et al. 2019";
  static constexpr std::string_view equations =
      "z = tanh(Wz x + bz)\n"
      "k = sigmoid(Wk x + Uk h + bk)\n"
      "h' = tanh((1 - k) h + k z)";

  Star(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden), z(p / "z", in, hidden, options), k(p / "k", in, hidden, options) {}

  [[nodiscard]] Var step(Var x, Var h) const {
    const Var kt = sigmoid(k(x, h));
    return tanh((1 - kt) * h + kt * tanh(z(x)));
  }

  Index hidden;
  Projection z;
  Gate k;
};

}  // namespace unroll
