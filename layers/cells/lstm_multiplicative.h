#pragma once
/// The multiplicative LSTM (Krause, Lu, Murray & Renals 2016): its recurrent weights depend on x.

#include <unroll/layers/cells/lstm.h>

namespace unroll {

/// An LSTM that sees m, the product of a view of x and a view of h, in the place of h. m has no
/// bias and the size of h. in: (B, in) or ids (B), out: h (B, hidden).
struct LstmMultiplicative {
  using State = Lstm::State;
  static constexpr std::string_view source = "Krause et al. 2016";
  static constexpr std::string_view equations =
      "m = (Wm x) (Um h)\n"
      "i = sigmoid(Wi x + Ui m + bi)\n"
      "f = sigmoid(Wf x + Uf m + bf)\n"
      "o = sigmoid(Wo x + Uo m + bo)\n"
      "g = tanh(Wg x + Ug m + bg)\n"
      "c' = f c + i g\n"
      "h' = o tanh(c')";

  LstmMultiplicative(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden),
        m(p / "m", in, hidden, without_bias(options)),
        lstm(p, in, hidden, options) {}

  [[nodiscard]] State step(Var x, State s) const {
    const Var mt = m.x(x) * m.h(s.h);
    return lstm.step(x, {mt, s.c});
  }

  Index hidden;
  Gate m;
  Lstm lstm;
};

}  // namespace unroll
