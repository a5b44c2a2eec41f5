#pragma once
/// The gated linear recurrences of two language models: RG-LRU of Griffin (De et al. 2024), and
/// HGRN (Qin, Yang & Zhong 2023).

#include <unroll/layers/gate.h>
#include <unroll/ops/elementwise.h>

#include <cmath>

namespace unroll {

/// The paper's block-diagonal gates are full here, and the first step is like all others.
/// in: (B, in) or ids (B), out: h (B, hidden).
struct RgLru {
  using State = Var;
  static constexpr std::string_view source = "De et al. 2024, RG-LRU";
  static constexpr std::string_view equations =
      "u = Wu x + bu\n"
      "r = sigmoid(Wr u + br)\n"
      "i = sigmoid(Wi u + bi)\n"
      "a = exp(-8 softplus(l) r)\n"
      "h' = a h + sqrt(1 - a^2) (i u)";

  RgLru(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden),
        u(p / "u", in, hidden, options),
        r(p / "r", hidden, hidden, options),
        i(p / "i", hidden, hidden, options),
        l(p.add("l", {hidden}, ring())) {}

  [[nodiscard]] Var step(Var x, Var h) const {
    const Var ut = u(x);
    const Var log_a = -8 * softplus(l) * sigmoid(r(ut));
    // 1 - a^2, as exact where a is near 1; at 1 the root would be infinitely steep.
    const Var rest = sqrt(maximum(-expm1(2 * log_a), 1e-6));
    return exp(log_a) * h + rest * sigmoid(i(ut)) * ut;
  }

  Index hidden;
  Projection u, r, i;
  Parameter l;  // (hidden)

 private:
  /// l such that a is uniform from 0.9 to 0.999 where the gate r is open.
  static Initializer ring() {
    return [](const Shape&, std::span<double> values, Random& random) {
      for (double& value : values)
        value = std::log(std::expm1(-std::log(random.uniform(0.9, 0.999)) / 8));
    };
  }
};

/// In real numbers, where the paper's are complex. The least that is kept, sigmoid(l), is learned
/// for each unit; the paper raises it from layer to layer. in: (B, in) or ids (B), out: y (B,
/// hidden).
struct Hgrn {
  struct State {
    Var y;  // (B, hidden), an output only
    Var h;  // (B, hidden)
  };
  static constexpr std::string_view source = "Qin et al. 2023, HGRN, in real numbers";
  static constexpr std::string_view equations =
      "f = sigmoid(l) + (1 - sigmoid(l)) sigmoid(Wf x + bf)\n"
      "i = silu(Wi x + bi)\n"
      "o = sigmoid(Wo x + bo)\n"
      "h' = f h + (1 - f) i\n"
      "y = o h'";

  Hgrn(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden),
        f(p / "f", in, hidden, with_forget_bias(options)),
        i(p / "i", in, hidden, options),
        o(p / "o", in, hidden, options),
        l(p.add("l", {hidden}, zeros())) {}

  [[nodiscard]] State step(Var x, State s) const {
    const Var ft = sigmoid(l) + (1 - sigmoid(l)) * sigmoid(f(x));
    const Var h = ft * s.h + (1 - ft) * silu(i(x));
    return {sigmoid(o(x)) * h, h};
  }

  Index hidden;
  Projection f, i, o;
  Parameter l;  // (hidden)
};

}  // namespace unroll
