#pragma once
/// The recurrent additive network (Lee, Levy & Zettlemoyer 2017): an LSTM whose candidate is W x,
/// so that its memory is a weighted sum of the inputs.

#include <unroll/layers/cells/lstm.h>
#include <unroll/layers/gate.h>
#include <unroll/ops/elementwise.h>

namespace unroll {

/// in: (B, in) or ids (B), out: h (B, hidden).
struct Ran {
  using State = Lstm::State;
  static constexpr std::string_view source = "Lee et al. 2017";
  static constexpr std::string_view equations =
      "i = sigmoid(Wi x + Ui h + bi)\n"
      "f = sigmoid(Wf x + Uf h + bf)\n"
      "c' = i (Wg x) + f c\n"
      "h' = tanh(c')";

  Ran(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden),
        i(p / "i", in, hidden, options),
        f(p / "f", in, hidden, with_forget_bias(options)),
        g(p / "g", in, hidden, without_bias(options)) {}

  [[nodiscard]] State step(Var x, State s) const {
    const Var c = sigmoid(i(x, s.h)) * g(x) + sigmoid(f(x, s.h)) * s.c;
    return {tanh(c), c};
  }

  Index hidden;
  Gate i, f;
  Projection g;
};

}  // namespace unroll
