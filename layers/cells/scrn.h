#pragma once
/// The structurally constrained recurrent network (Mikolov et al. 2014): beside h a context s that
/// changes slowly.

#include <unroll/layers/gate.h>
#include <unroll/ops/elementwise.h>

namespace unroll {

/// in: (B, in) or ids (B), out: y (B, hidden), the sum that the paper's softmax reads.
struct Scrn {
  struct State {
    Var y;  // (B, hidden), an output only
    Var h;  // (B, hidden)
    Var s;  // (B, hidden)
  };
  static constexpr double alpha = 0.95;
  static constexpr std::string_view source = "Mikolov et al. 2014";
  static constexpr std::string_view equations =
      "s' = 0.05 B x + 0.95 s\n"
      "h' = sigmoid(P s' + A x + R h)\n"
      "y = U h' + V s'";

  Scrn(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden),
        B(p / "s", in, hidden, without_bias(options)),
        A(p / "h", in, hidden, without_bias(options)),
        R(p / "h", hidden, hidden, without_bias(options)),
        P(p / "context", hidden, hidden, without_bias(options)),
        U(p / "y.h", hidden, hidden, without_bias(options)),
        V(p / "y.s", hidden, hidden, without_bias(options)) {}

  [[nodiscard]] State step(Var x, State before) const {
    const Var s = (1 - alpha) * B(x) + alpha * before.s;
    const Var h = sigmoid(P(s) + A(x) + R(before.h));
    return {U(h) + V(s), h, s};
  }

  Index hidden;
  Projection B, A;
  Recurrent R, P, U, V;
};

}  // namespace unroll
