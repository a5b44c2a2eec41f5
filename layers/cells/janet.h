#pragma once
/// JANET (van der Westhuizen & Lasenby 2018): an LSTM of which only the forget gate is left.

#include <unroll/layers/gate.h>
#include <unroll/ops/elementwise.h>

namespace unroll {

/// The new value is weighted by 1 - sigmoid(s - beta), more than the 1 - sigmoid(s) that is
/// forgotten; beta is 1 as in the paper. in: (B, in) or ids (B), out: h (B, hidden).
struct Janet {
  using State = Var;
  static constexpr double beta = 1;
  static constexpr std::string_view source = "van der Westhuizen & Lasenby 2018";
  static constexpr std::string_view equations =
      "s = Wf x + Uf h + bf\n"
      "g = tanh(Wg x + Ug h + bg)\n"
      "h' = sigmoid(s) h + (1 - sigmoid(s - 1)) g";

  Janet(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden),
        f(p / "f", in, hidden, with_forget_bias(options)),
        g(p / "g", in, hidden, options) {}

  [[nodiscard]] Var step(Var x, Var h) const {
    const Var s = f(x, h);
    return sigmoid(s) * h + (1 - sigmoid(s - beta)) * tanh(g(x, h));
  }

  Index hidden;
  Gate f, g;
};

}  // namespace unroll
