#pragma once
/// The light recurrent unit (Ye et al. 2024, Electronics 13:3204): one gate, a candidate of x
/// alone.

#include <unroll/layers/gate.h>
#include <unroll/ops/elementwise.h>

namespace unroll {

/// in: (B, in) or ids (B), out: h (B, hidden). The more f is open, the more of h is replaced: no
/// forget bias is added to it.
struct LightRu {
  using State = Var;
  static constexpr std::string_view source = "Ye et al. 2024";
  static constexpr std::string_view equations =
      "f = sigmoid(Wf x + Uf h + bf)\n"
      "h' = (1 - f) h + f tanh(Wg x)";

  LightRu(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden),
        f(p / "f", in, hidden, options),
        g(p / "g", in, hidden, without_bias(options)) {}

  [[nodiscard]] Var step(Var x, Var h) const {
    const Var ft = sigmoid(f(x, h));
    return (1 - ft) * h + ft * tanh(g(x));
  }

  Index hidden;
  Gate f;
  Projection g;
};

}  // namespace unroll
