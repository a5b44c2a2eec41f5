#pragma once
/// Long short-term memory (Hochreiter & Schmidhuber 1997), with a forget gate (Gers, Schmidhuber &
/// Cummins 2000), without peepholes: the form of Zaremba et al. 2014 and of every framework.

#include <unroll/layers/gate.h>
#include <unroll/ops/elementwise.h>

namespace unroll {

/// The four gates and two states below; in: (B, in) or ids (B), out: h (B, hidden). The forget
/// gate's bias begins at CellOptions::forget_bias.
struct Lstm {
  struct State {
    Var h;  // (B, hidden)
    Var c;  // (B, hidden)
  };
  static constexpr std::string_view source = "Hochreiter & Schmidhuber 1997, Gers et al. 2000";
  static constexpr std::string_view equations =
      "i = sigmoid(Wi x + Ui h + bi)\n"
      "f = sigmoid(Wf x + Uf h + bf)\n"
      "o = sigmoid(Wo x + Uo h + bo)\n"
      "g = tanh(Wg x + Ug h + bg)\n"
      "c' = f c + i g\n"
      "h' = o tanh(c')";

  Lstm(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden),
        i(p / "i", in, hidden, options),
        f(p / "f", in, hidden, with_forget_bias(options)),
        o(p / "o", in, hidden, options),
        g(p / "g", in, hidden, options) {}

  [[nodiscard]] State step(Var x, State s) const {
    const Var it = sigmoid(i(x, s.h));
    const Var ft = sigmoid(f(x, s.h));
    const Var ot = sigmoid(o(x, s.h));
    const Var gt = tanh(g(x, s.h));
    const Var c = ft * s.c + it * gt;
    return {ot * tanh(c), c};
  }

  Index hidden;
  Gate i, f, o, g;
};

}  // namespace unroll
