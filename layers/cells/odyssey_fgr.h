#pragma once
/// Full gate recurrence, the largest variant of "LSTM: A Search Space Odyssey" (Greff et al. 2017):
/// each gate of its vanilla LSTM also sees what the gates were one step before, through nine more
/// matrices.

#include <unroll/layers/cells/lstm_peephole.h>
#include <unroll/ops/matmul.h>

namespace unroll {

/// A gate with a peephole that sees the three gates of the step before. Ri, Rf, Ro: (hidden x
/// hidden).
struct FullGate {
  FullGate(const Parameters& p, Input in, Index hidden, const CellOptions& options)
      : gate(p, in, hidden, options),
        Ri(p.add("Ri", {hidden, hidden}, options.U)),
        Rf(p.add("Rf", {hidden, hidden}, options.U)),
        Ro(p.add("Ro", {hidden, hidden}, options.U)) {}

  /// W x + U h + p c + Ri i + Rf f + Ro o + b, of the state s but for its c
  template <class State>
  Var operator()(Var x, const State& s, Var c) const {
    Tape& tape = x.tape();
    return gate(x, s.h, c) + linear(s.i, tape.parameter(Ri)) + linear(s.f, tape.parameter(Rf)) +
           linear(s.o, tape.parameter(Ro));
  }

  PeepholeGate gate;
  Parameter Ri, Rf, Ro;
};

/// The gates begin as if they had been closed; in: (B, in) or ids (B), out: h (B, hidden).
struct OdysseyFgr {
  struct State {
    Var h;        // (B, hidden)
    Var c;        // (B, hidden)
    Var i, f, o;  // the gates, (B, hidden)
  };
  static constexpr std::string_view source = "Greff et al. 2017, FGR";
  static constexpr std::string_view equations =
      "i' = sigmoid(Wi x + Ui h + pi c + Rii i + Rfi f + Roi o + bi)\n"
      "f' = sigmoid(Wf x + Uf h + pf c + Rif i + Rff f + Rof o + bf)\n"
      "g = tanh(Wg x + Ug h + bg)\n"
      "c' = f' c + i' g\n"
      "o' = sigmoid(Wo x + Uo h + po c' + Rio i + Rfo f + Roo o + bo)\n"
      "h' = o' tanh(c')";

  OdysseyFgr(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden),
        i(p / "i", in, hidden, options),
        f(p / "f", in, hidden, with_forget_bias(options)),
        o(p / "o", in, hidden, options),
        g(p / "g", in, hidden, options) {}

  [[nodiscard]] State step(Var x, const State& s) const {
    const Var it = sigmoid(i(x, s, s.c));
    const Var ft = sigmoid(f(x, s, s.c));
    const Var gt = tanh(g(x, s.h));
    const Var c = ft * s.c + it * gt;
    const Var ot = sigmoid(o(x, s, c));
    return {ot * tanh(c), c, it, ft, ot};
  }

  Index hidden;
  FullGate i, f, o;
  Gate g;
};

}  // namespace unroll
