#pragma once
/// Long expressive memory (Rusch, Mishra, Erichson & Mahoney 2022): two states, each at a pace that
/// is learned at every step.

#include <unroll/layers/gate.h>
#include <unroll/ops/elementwise.h>

namespace unroll {

/// in: (B, in) or ids (B), out: h (B, hidden). The longest step is 1, as the paper begins its
/// search.
struct Lem {
  struct State {
    Var h;  // (B, hidden)
    Var z;  // (B, hidden)
  };
  static constexpr std::string_view source = "Rusch et al. 2022";
  static constexpr std::string_view equations =
      "d = sigmoid(Wd x + Ud h + bd)\n"
      "e = sigmoid(We x + Ue h + be)\n"
      "z' = (1 - d) z + d tanh(Wz x + Uz h + bz)\n"
      "h' = (1 - e) h + e tanh(Wh x + Uh z' + bh)";

  Lem(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden),
        d(p / "d", in, hidden, options),
        e(p / "e", in, hidden, options),
        z(p / "z", in, hidden, options),
        h(p / "h", in, hidden, options) {}

  [[nodiscard]] State step(Var x, State s) const {
    const Var dt = sigmoid(d(x, s.h));
    const Var et = sigmoid(e(x, s.h));
    const Var zt = (1 - dt) * s.z + dt * tanh(z(x, s.h));
    return {(1 - et) * s.h + et * tanh(h(x, zt)), zt};
  }

  Index hidden;
  Gate d, e, z, h;
};

}  // namespace unroll
