#pragma once
/// The light gated recurrent unit (Ravanelli, Brakel, Omologo & Bengio 2018): a GRU without reset
/// gate, with rectified units.

#include <unroll/layers/gate.h>
#include <unroll/ops/elementwise.h>

namespace unroll {

/// The paper normalises W x over the batch; here W x has a bias instead, so that a step needs no
/// other sequences. in: (B, in) or ids (B), out: h (B, hidden).
struct LiGru {
  using State = Var;
  static constexpr std::string_view source = "Ravanelli et al. 2018, without batch normalisation";
  static constexpr std::string_view equations =
      "z = sigmoid(Wz x + Uz h + bz)\n"
      "g = relu(Wg x + Ug h + bg)\n"
      "h' = z h + (1 - z) g";

  LiGru(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden),
        z(p / "z", in, hidden, with_forget_bias(options)),
        g(p / "g", in, hidden, options) {}

  [[nodiscard]] Var step(Var x, Var h) const {
    const Var zt = sigmoid(z(x, h));
    return zt * h + (1 - zt) * relu(g(x, h));
  }

  Index hidden;
  Gate z, g;
};

}  // namespace unroll
