#pragma once
/// Two cells of "Capacity and trainability in recurrent neural networks" (Collins, Sohl-Dickstein &
/// Sussillo 2017): the update-gate RNN, and the intersection RNN, whose output has a gate over
/// depth.

#include <unroll/layers/gate.h>
#include <unroll/ops/elementwise.h>

namespace unroll {

/// in: (B, in) or ids (B), out: h (B, hidden).
struct Ugrnn {
  using State = Var;
  static constexpr std::string_view source = "Collins et al. 2017, UGRNN";
  static constexpr std::string_view equations =
      "g = sigmoid(Wg x + Ug h + bg)\n"
      "n = tanh(Wn x + Un h + bn)\n"
      "h' = g h + (1 - g) n";

  Ugrnn(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden),
        g(p / "g", in, hidden, with_forget_bias(options)),
        n(p / "n", in, hidden, options) {}

  [[nodiscard]] Var step(Var x, Var h) const {
    const Var gt = sigmoid(g(x, h));
    return gt * h + (1 - gt) * tanh(n(x, h));
  }

  Index hidden;
  Gate g, n;
};

/// in: (B, in) or ids (B), out: y (B, hidden). Where x is not as wide as h, or ids, the equations
/// see P x.
struct IntersectionRnn {
  struct State {
    Var y;  // (B, hidden), an output only
    Var h;  // (B, hidden)
  };
  static constexpr std::string_view source = "Collins et al. 2017, +RNN";
  static constexpr std::string_view equations =
      "m = relu(Wm x + Um h + bm)\n"
      "n = tanh(Wn x + Un h + bn)\n"
      "i = sigmoid(Wi x + Ui h + bi)\n"
      "g = sigmoid(Wg x + Ug h + bg)\n"
      "y = i x + (1 - i) m\n"
      "h' = g h + (1 - g) n";

  IntersectionRnn(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden),
        fitted(p, in, hidden, options),
        m(p / "m", hidden, hidden, options),
        n(p / "n", hidden, hidden, options),
        i(p / "i", hidden, hidden, options),
        g(p / "g", hidden, hidden, with_forget_bias(options)) {}

  [[nodiscard]] State step(Var x, State s) const {
    x = fitted(x);
    const Var it = sigmoid(i(x, s.h));
    const Var gt = sigmoid(g(x, s.h));
    const Var y = it * x + (1 - it) * relu(m(x, s.h));
    return {y, gt * s.h + (1 - gt) * tanh(n(x, s.h))};
  }

  Index hidden;
  Fitted fitted;
  Gate m, n, i, g;
};

}  // namespace unroll
