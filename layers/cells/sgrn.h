#pragma once
/// The simple gated recurrent network (Zu & Wei 2020): one W and one U in both equations.

#include <unroll/layers/gate.h>
#include <unroll/ops/elementwise.h>

namespace unroll {

/// in: (B, in) or ids (B), out: h (B, hidden).
struct Sgrn {
  using State = Var;
  static constexpr std::string_view source = "Zu & Wei 2020";
  static constexpr std::string_view equations =
      "f = sigmoid(W x + U h + b)\n"
      "h' = tanh((1 - f) (W x) + f h)";

  Sgrn(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden),
        W(p, in, hidden, without_bias(options)),
        U(p, hidden, hidden, with_forget_bias(options)) {}

  [[nodiscard]] Var step(Var x, Var h) const {
    const Var Wx = W(x);
    const Var f = sigmoid(Wx + U(h));
    return tanh((1 - f) * Wx + f * h);
  }

  Index hidden;
  Projection W;
  Recurrent U;
};

}  // namespace unroll
