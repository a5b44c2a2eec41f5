#pragma once
/// The bistable recurrent cells (Vecoven, Ernst & Drion 2021): where a is above 1 a unit holds one
/// of two values, without its input.

#include <unroll/layers/gate.h>
#include <unroll/ops/elementwise.h>

namespace unroll {

/// Each unit sees its own h alone. in: (B, in) or ids (B), out: h (B, hidden).
struct Brc {
  using State = Var;
  static constexpr std::string_view source = "Vecoven et al. 2021, BRC";
  static constexpr std::string_view equations =
      "a = 1 + tanh(Wa x + ua h)\n"
      "c = sigmoid(Wc x + uc h)\n"
      "h' = c h + (1 - c) tanh(W x + a h)";

  Brc(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden),
        a(p / "a", in, hidden, without_bias(options)),
        c(p / "c", in, hidden, without_bias(options)),
        W(p, in, hidden, without_bias(options)),
        ua((p / "a").add("u", {hidden}, fan_in_uniform())),
        uc((p / "c").add("u", {hidden}, fan_in_uniform())) {}

  [[nodiscard]] Var step(Var x, Var h) const {
    const Var at = 1 + tanh(a(x) + ua * h);
    const Var ct = sigmoid(c(x) + uc * h);
    return ct * h + (1 - ct) * tanh(W(x) + at * h);
  }

  Index hidden;
  Projection a, c, W;
  Parameter ua, uc;  // (hidden)
};

/// The same where units see each other, the neuromodulated form.
/// in: (B, in) or ids (B), out: h (B, hidden).
struct NBrc {
  using State = Var;
  static constexpr std::string_view source = "Vecoven et al. 2021, nBRC";
  static constexpr std::string_view equations =
      "a = 1 + tanh(Wa x + Ua h)\n"
      "c = sigmoid(Wc x + Uc h)\n"
      "h' = c h + (1 - c) tanh(W x + a h)";

  NBrc(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden),
        a(p / "a", in, hidden, without_bias(options)),
        c(p / "c", in, hidden, without_bias(options)),
        W(p, in, hidden, without_bias(options)) {}

  [[nodiscard]] Var step(Var x, Var h) const {
    const Var at = 1 + tanh(a(x, h));
    const Var ct = sigmoid(c(x, h));
    return ct * h + (1 - ct) * tanh(W(x) + at * h);
  }

  Index hidden;
  Gate a, c;
  Projection W;
};

}  // namespace unroll
