#pragma once
/// The chaos-free network (Laurent & von Brecht 2017): without input its state falls to zero.

#include <unroll/layers/gate.h>
#include <unroll/ops/elementwise.h>

namespace unroll {

/// in: (B, in) or ids (B), out: h (B, hidden). The gate p forgets.
struct Cfn {
  using State = Var;
  static constexpr std::string_view source = "Laurent & von Brecht 2017";
  static constexpr std::string_view equations =
      "p = sigmoid(Wp x + Up h + bp)\n"
      "q = sigmoid(Wq x + Uq h + bq)\n"
      "h' = p tanh(h) + q tanh(Wg x)";

  Cfn(const Parameters& parameters, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden),
        p(parameters / "p", in, hidden, with_forget_bias(options)),
        q(parameters / "q", in, hidden, options),
        g(parameters / "g", in, hidden, without_bias(options)) {}

  [[nodiscard]] Var step(Var x, Var h) const {
    return sigmoid(p(x, h)) * tanh(h) + sigmoid(q(x, h)) * tanh(g(x));
  }

  Index hidden;
  Gate p, q;
  Projection g;
};

}  // namespace unroll
