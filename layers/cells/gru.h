#pragma once
/// The gated recurrent unit (Cho et al. 2014), in its two conventions: they differ in whether the
/// reset gate works after or before the product with U, and their weights are not interchangeable.

#include <unroll/layers/gate.h>
#include <unroll/ops/elementwise.h>

namespace unroll {

/// Reset after the product, the form of cuDNN and PyTorch; `c` is the bias inside the reset.
struct Gru {
  using State = Var;
  static constexpr std::string_view source = "Cho et al. 2014, as in cuDNN";
  static constexpr std::string_view equations =
      "z = sigmoid(Wz x + Uz h + bz)\n"
      "r = sigmoid(Wr x + Ur h + br)\n"
      "n = tanh(Wn x + bn + r (Un h + c))\n"
      "h' = (1 - z) n + z h";

  Gru(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden),
        z(p / "z", in, hidden, options),
        r(p / "r", in, hidden, options),
        n(p / "n", in, hidden, options),
        c((p / "n").add("c", {hidden}, zeros())) {}

  [[nodiscard]] Var step(Var x, Var h) const {
    const Var zt = sigmoid(z(x, h));
    const Var rt = sigmoid(r(x, h));
    const Var nt = tanh(n.x(x) + rt * (n.h(h) + c));
    return (1 - zt) * nt + zt * h;
  }

  Index hidden;
  Gate z, r, n;
  Parameter c;
};

/// Reset before the product, the form of Cho et al. 2014 and of the tutorials. The function of its
/// gates is the sigmoid unless said otherwise; the WildML tutorial's code has hard_sigmoid there.
struct GruResetBefore {
  using State = Var;
  static constexpr std::string_view source = "Cho et al. 2014";
  static constexpr std::string_view equations =
      "z = sigmoid(Wz x + Uz h + bz)\n"
      "r = sigmoid(Wr x + Ur h + br)\n"
      "n = tanh(Wn x + Un (r h) + bn)\n"
      "h' = (1 - z) n + z h";

  GruResetBefore(const Parameters& p, Input in, Index hidden, const CellOptions& options = {},
                 Var (*gate)(Var) = sigmoid)
      : hidden(hidden),
        z(p / "z", in, hidden, options),
        r(p / "r", in, hidden, options),
        n(p / "n", in, hidden, options),
        gate(gate) {}

  [[nodiscard]] Var step(Var x, Var h) const {
    const Var zt = gate(z(x, h));
    const Var rt = gate(r(x, h));
    const Var nt = tanh(n(x, rt * h));
    return (1 - zt) * nt + zt * h;
  }

  Index hidden;
  Gate z, r, n;
  Var (*gate)(Var);
};

}  // namespace unroll
