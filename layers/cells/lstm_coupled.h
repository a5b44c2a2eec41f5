#pragma once
/// The LSTM that forgets exactly where it writes: f = 1 - i, one gate fewer (CIFG in Greff et al.
/// 2017, there with peepholes: OdysseyCifg).

#include <unroll/layers/cells/lstm.h>

namespace unroll {

/// in: (B, in) or ids (B), out: h (B, hidden). The bias of i begins at minus the forget bias, which
/// is the forget bias of 1 - i.
struct LstmCoupled {
  using State = Lstm::State;
  static constexpr std::string_view source = "Greff et al. 2017, without peepholes";
  static constexpr std::string_view equations =
      "i = sigmoid(Wi x + Ui h + bi)\n"
      "o = sigmoid(Wo x + Uo h + bo)\n"
      "g = tanh(Wg x + Ug h + bg)\n"
      "c' = (1 - i) c + i g\n"
      "h' = o tanh(c')";

  LstmCoupled(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden),
        i(p / "i", in, hidden, with_coupled_bias(options)),
        o(p / "o", in, hidden, options),
        g(p / "g", in, hidden, options) {}

  [[nodiscard]] State step(Var x, State s) const {
    const Var it = sigmoid(i(x, s.h));
    const Var ot = sigmoid(o(x, s.h));
    const Var gt = tanh(g(x, s.h));
    const Var c = (1 - it) * s.c + it * gt;
    return {ot * tanh(c), c};
  }

  Index hidden;
  Gate i, o, g;
};

}  // namespace unroll
