#pragma once
/// The LSTM whose gates see its memory: i and f the old one, o the new one (Gers & Schmidhuber
/// 2000; Gers, Schraudolph & Schmidhuber 2002). It is the vanilla LSTM of "LSTM: A Search Space
/// Odyssey" (Greff et al. 2017).

#include <unroll/layers/cells/lstm.h>

namespace unroll {

/// W x + U h + p c + b: a gate with a peephole. p: (hidden), one weight a memory cell.
struct PeepholeGate {
  PeepholeGate(const Parameters& parameters, Input in, Index hidden, const CellOptions& options)
      : gate(parameters, in, hidden, options), p(parameters.add("p", {hidden}, fan_in_uniform())) {}

  /// Of x (B, in), h and c (B, hidden): (B, hidden).
  Var operator()(Var x, Var h, Var c) const { return gate(x, h) + p * c; }

  Gate gate;
  Parameter p;
};

/// in: (B, in) or ids (B), out: h (B, hidden).
struct LstmPeephole {
  using State = Lstm::State;
  static constexpr std::string_view source = "Gers & Schmidhuber 2000";
  static constexpr std::string_view equations =
      "i = sigmoid(Wi x + Ui h + pi c + bi)\n"
      "f = sigmoid(Wf x + Uf h + pf c + bf)\n"
      "g = tanh(Wg x + Ug h + bg)\n"
      "c' = f c + i g\n"
      "o = sigmoid(Wo x + Uo h + po c' + bo)\n"
      "h' = o tanh(c')";

  LstmPeephole(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden),
        i(p / "i", in, hidden, options),
        f(p / "f", in, hidden, with_forget_bias(options)),
        o(p / "o", in, hidden, options),
        g(p / "g", in, hidden, options) {}

  [[nodiscard]] State step(Var x, State s) const {
    const Var it = sigmoid(i(x, s.h, s.c));
    const Var ft = sigmoid(f(x, s.h, s.c));
    const Var gt = tanh(g(x, s.h));
    const Var c = ft * s.c + it * gt;
    const Var ot = sigmoid(o(x, s.h, c));
    return {ot * tanh(c), c};
  }

  Index hidden;
  PeepholeGate i, f, o;
  Gate g;
};

}  // namespace unroll
