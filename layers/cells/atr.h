#pragma once
/// The addition-subtraction twin-gated recurrent network (Zhang et al. 2018): one product with x
/// and one with h serve both gates.

#include <unroll/layers/gate.h>
#include <unroll/ops/elementwise.h>

namespace unroll {

/// in: (B, in) or ids (B), out: h (B, hidden).
struct Atr {
  using State = Var;
  static constexpr std::string_view source = "Zhang et al. 2018";
  static constexpr std::string_view equations =
      "p = W x\n"
      "q = U h\n"
      "h' = sigmoid(p + q) p + sigmoid(p - q) h";

  Atr(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden),
        W(p, in, hidden, without_bias(options)),
        U(p, hidden, hidden, without_bias(options)) {}

  [[nodiscard]] Var step(Var x, Var h) const {
    const Var p = W(x);
    const Var q = U(h);
    return sigmoid(p + q) * p + sigmoid(p - q) * h;
  }

  Index hidden;
  Projection W;
  Recurrent U;
};

}  // namespace unroll
