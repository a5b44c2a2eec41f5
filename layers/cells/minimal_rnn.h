#pragma once
/// MinimalRNN (Chen 2017): x is brought into the space of h, and one gate mixes the two.

#include <unroll/layers/gate.h>
#include <unroll/ops/elementwise.h>

namespace unroll {

/// in: (B, in) or ids (B), out: h (B, hidden).
struct MinimalRnn {
  using State = Var;
  static constexpr std::string_view source = "Chen 2017";
  static constexpr std::string_view equations =
      "z = tanh(Wz x + bz)\n"
      "u = sigmoid(Wu z + Uu h + bu)\n"
      "h' = u h + (1 - u) z";

  MinimalRnn(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden),
        z(p / "z", in, hidden, options),
        u(p / "u", hidden, hidden, with_forget_bias(options)) {}

  [[nodiscard]] Var step(Var x, Var h) const {
    const Var zt = tanh(z(x));
    const Var ut = sigmoid(u(zt, h));
    return ut * h + (1 - ut) * zt;
  }

  Index hidden;
  Projection z;
  Gate u;
};

}  // namespace unroll
