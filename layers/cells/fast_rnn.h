#pragma once
/// FastRNN and FastGRNN (Kusupati et al. 2018): for the smallest processors, with residual weights
/// that are single numbers.

#include <unroll/layers/gate.h>
#include <unroll/ops/elementwise.h>

namespace unroll {

/// Two numbers a and b say how much is new and how much is kept, at first sigmoid(-3) and
/// sigmoid(3) as in the authors' code. in: (B, in) or ids (B), out: h (B, hidden).
struct FastRnn {
  using State = Var;
  static constexpr std::string_view source = "Kusupati et al. 2018, FastRNN";
  static constexpr std::string_view equations =
      "g = tanh(Wg x + Ug h + bg)\n"
      "h' = sigmoid(a) g + sigmoid(b) h";

  FastRnn(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden),
        g(p / "g", in, hidden, options),
        a(p.add("a", {1}, constant(-3))),
        b(p.add("b", {1}, constant(3))) {}

  [[nodiscard]] Var step(Var x, Var h) const { return sigmoid(a) * tanh(g(x, h)) + sigmoid(b) * h; }

  Index hidden;
  Gate g;
  Parameter a, b;
};

/// Gate and candidate share W and U; zeta and nu are 1 and -4 at first.
/// in: (B, in) or ids (B), out: h (B, hidden).
struct FastGrnn {
  using State = Var;
  static constexpr std::string_view source = "Kusupati et al. 2018, FastGRNN";
  static constexpr std::string_view equations =
      "a = W x + U h\n"
      "z = sigmoid(a + bz)\n"
      "g = tanh(a + bg)\n"
      "h' = (sigmoid(zeta) (1 - z) + sigmoid(nu)) g + z h";

  FastGrnn(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden),
        a(p, in, hidden, without_bias(options)),
        z(p.add("z", {hidden}, constant(options.forget_bias))),
        g(p.add("g", {hidden}, options.b)),
        zeta(p.add("zeta", {1}, constant(1))),
        nu(p.add("nu", {1}, constant(-4))) {}

  [[nodiscard]] Var step(Var x, Var h) const {
    const Var at = a(x, h);
    const Var zt = sigmoid(at + z);
    return (sigmoid(zeta) * (1 - zt) + sigmoid(nu)) * tanh(at + g) + zt * h;
  }

  Index hidden;
  Gate a;
  Parameter z, g;  // (hidden), the biases
  Parameter zeta, nu;
};

}  // namespace unroll
