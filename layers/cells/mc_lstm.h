#pragma once
/// The mass-conserving LSTM (Hoedt et al. 2021): what enters stays or leaves, and nothing is lost.

#include <unroll/layers/gate.h>
#include <unroll/ops/elementwise.h>
#include <unroll/ops/loss.h>
#include <unroll/ops/matmul.h>
#include <unroll/ops/reduce.h>
#include <unroll/ops/shape.h>

namespace unroll {

/// The features of x are masses that enter, not negative, of which the gates see each; an id brings
/// a mass of 1. The other step() takes the mass and the features of the gates as two arguments.
/// in: (B, in) or ids (B), out: h (B, hidden), the mass that leaves.
struct McLstm {
  struct State {
    Var h;  // (B, hidden), an output only
    Var c;  // (B, hidden)
  };
  static constexpr std::string_view source = "Hoedt et al. 2021";
  static constexpr std::string_view equations =
      "u = c / sum(c), m = sum(x)\n"
      "i = softmax(Wi x + Ui u + bi)\n"
      "R = softmax(Wr x + Ur u + br), by column\n"
      "o = sigmoid(Wo x + Uo u + bo)\n"
      "s = R c + m i\n"
      "c' = (1 - o) s\n"
      "h' = o s";

  McLstm(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden),
        i(p / "i", in, hidden, options),
        r(p / "r", in, hidden, hidden * hidden, options),
        o(p / "o", in, hidden, options) {}

  [[nodiscard]] State step(Var x, State s) const {
    const bool ids = !is_floating(x.dtype());
    return step(ids ? full(x.tape(), {x.shape()[0], 1}, 1) : sum(x, 1, true), x, s);
  }
  /// A step in which `mass` (B, 1) enters and the gates see x.
  [[nodiscard]] State step(Var mass, Var x, State s) const {
    const Index batch = x.shape()[0];
    const Var u = s.c / (sum(abs(s.c), 1, true) + kNothing);
    const Var R = softmax(reshape(r(x, u), {batch, hidden, hidden}), 1);
    const Var moved = reshape(matmul(R, reshape(s.c, {batch, hidden, 1})), {batch, hidden});
    const Var total = moved + mass * softmax(i(x, u));
    const Var ot = sigmoid(o(x, u));
    return {ot * total, (1 - ot) * total};
  }

  static constexpr double kNothing = 1e-5;  // as in the authors' code: an empty memory has shares 0
  Index hidden;
  Gate i, r, o;
};

}  // namespace unroll
