#pragma once
/// "LSTM: A Search Space Odyssey" (Greff, Srivastava, Koutnik, Steunebrink & Schmidhuber 2017): its
/// vanilla LSTM, LstmPeephole, with one thing changed at a time. Two of the eight variants are not
/// here: NP, without peepholes, is Lstm; full gate recurrence is in odyssey_fgr.h.
///
/// All read x (B, in) or ids (B) and give h (B, hidden).

#include <unroll/layers/cells/lstm_peephole.h>

namespace unroll {

/// No input gate: i = 1.
struct OdysseyNig {
  using State = Lstm::State;
  static constexpr std::string_view source = "Greff et al. 2017, NIG";
  static constexpr std::string_view equations =
      "f = sigmoid(Wf x + Uf h + pf c + bf)\n"
      "g = tanh(Wg x + Ug h + bg)\n"
      "c' = f c + g\n"
      "o = sigmoid(Wo x + Uo h + po c' + bo)\n"
      "h' = o tanh(c')";

  OdysseyNig(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden),
        f(p / "f", in, hidden, with_forget_bias(options)),
        o(p / "o", in, hidden, options),
        g(p / "g", in, hidden, options) {}

  [[nodiscard]] State step(Var x, State s) const {
    const Var ft = sigmoid(f(x, s.h, s.c));
    const Var gt = tanh(g(x, s.h));
    const Var c = ft * s.c + gt;
    const Var ot = sigmoid(o(x, s.h, c));
    return {ot * tanh(c), c};
  }

  Index hidden;
  PeepholeGate f, o;
  Gate g;
};

/// No forget gate: f = 1, the LSTM of 1997 with peepholes.
struct OdysseyNfg {
  using State = Lstm::State;
  static constexpr std::string_view source = "Greff et al. 2017, NFG";
  static constexpr std::string_view equations =
      "i = sigmoid(Wi x + Ui h + pi c + bi)\n"
      "g = tanh(Wg x + Ug h + bg)\n"
      "c' = c + i g\n"
      "o = sigmoid(Wo x + Uo h + po c' + bo)\n"
      "h' = o tanh(c')";

  OdysseyNfg(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden),
        i(p / "i", in, hidden, options),
        o(p / "o", in, hidden, options),
        g(p / "g", in, hidden, options) {}

  [[nodiscard]] State step(Var x, State s) const {
    const Var it = sigmoid(i(x, s.h, s.c));
    const Var gt = tanh(g(x, s.h));
    const Var c = s.c + it * gt;
    const Var ot = sigmoid(o(x, s.h, c));
    return {ot * tanh(c), c};
  }

  Index hidden;
  PeepholeGate i, o;
  Gate g;
};

/// No output gate: o = 1.
struct OdysseyNog {
  using State = Lstm::State;
  static constexpr std::string_view source = "Greff et al. 2017, NOG";
  static constexpr std::string_view equations =
      "i = sigmoid(Wi x + Ui h + pi c + bi)\n"
      "f = sigmoid(Wf x + Uf h + pf c + bf)\n"
      "g = tanh(Wg x + Ug h + bg)\n"
      "c' = f c + i g\n"
      "h' = tanh(c')";

  OdysseyNog(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden),
        i(p / "i", in, hidden, options),
        f(p / "f", in, hidden, with_forget_bias(options)),
        g(p / "g", in, hidden, options) {}

  [[nodiscard]] State step(Var x, State s) const {
    const Var it = sigmoid(i(x, s.h, s.c));
    const Var ft = sigmoid(f(x, s.h, s.c));
    const Var gt = tanh(g(x, s.h));
    const Var c = ft * s.c + it * gt;
    return {tanh(c), c};
  }

  Index hidden;
  PeepholeGate i, f;
  Gate g;
};

/// No input activation function: g is linear.
struct OdysseyNiaf : LstmPeephole {
  static constexpr std::string_view source = "Greff et al. 2017, NIAF";
  static constexpr std::string_view equations =
      "i = sigmoid(Wi x + Ui h + pi c + bi)\n"
      "f = sigmoid(Wf x + Uf h + pf c + bf)\n"
      "g = Wg x + Ug h + bg\n"
      "c' = f c + i g\n"
      "o = sigmoid(Wo x + Uo h + po c' + bo)\n"
      "h' = o tanh(c')";

  using LstmPeephole::LstmPeephole;

  [[nodiscard]] State step(Var x, State s) const {
    const Var it = sigmoid(i(x, s.h, s.c));
    const Var ft = sigmoid(f(x, s.h, s.c));
    const Var gt = g(x, s.h);
    const Var c = ft * s.c + it * gt;
    const Var ot = sigmoid(o(x, s.h, c));
    return {ot * tanh(c), c};
  }
};

/// No output activation function: h is c behind its gate.
struct OdysseyNoaf : LstmPeephole {
  static constexpr std::string_view source = "Greff et al. 2017, NOAF";
  static constexpr std::string_view equations =
      "i = sigmoid(Wi x + Ui h + pi c + bi)\n"
      "f = sigmoid(Wf x + Uf h + pf c + bf)\n"
      "g = tanh(Wg x + Ug h + bg)\n"
      "c' = f c + i g\n"
      "o = sigmoid(Wo x + Uo h + po c' + bo)\n"
      "h' = o c'";

  using LstmPeephole::LstmPeephole;

  [[nodiscard]] State step(Var x, State s) const {
    const Var it = sigmoid(i(x, s.h, s.c));
    const Var ft = sigmoid(f(x, s.h, s.c));
    const Var gt = tanh(g(x, s.h));
    const Var c = ft * s.c + it * gt;
    const Var ot = sigmoid(o(x, s.h, c));
    return {ot * c, c};
  }
};

/// Coupled input and forget gate: f = 1 - i. The bias of i begins at minus the forget bias.
struct OdysseyCifg {
  using State = Lstm::State;
  static constexpr std::string_view source = "Greff et al. 2017, CIFG";
  static constexpr std::string_view equations =
      "i = sigmoid(Wi x + Ui h + pi c + bi)\n"
      "g = tanh(Wg x + Ug h + bg)\n"
      "c' = (1 - i) c + i g\n"
      "o = sigmoid(Wo x + Uo h + po c' + bo)\n"
      "h' = o tanh(c')";

  OdysseyCifg(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden),
        i(p / "i", in, hidden, with_coupled_bias(options)),
        o(p / "o", in, hidden, options),
        g(p / "g", in, hidden, options) {}

  [[nodiscard]] State step(Var x, State s) const {
    const Var it = sigmoid(i(x, s.h, s.c));
    const Var gt = tanh(g(x, s.h));
    const Var c = (1 - it) * s.c + it * gt;
    const Var ot = sigmoid(o(x, s.h, c));
    return {ot * tanh(c), c};
  }

  Index hidden;
  PeepholeGate i, o;
  Gate g;
};

}  // namespace unroll
