#pragma once
/// The minimal gated unit (Zhou, Wu, Zhang & Zhou 2016): a GRU whose one gate both resets and
/// updates.

#include <unroll/layers/gate.h>
#include <unroll/ops/elementwise.h>

namespace unroll {

/// in: (B, in) or ids (B), out: h (B, hidden). The more f is open, the more of h is replaced: no
/// forget bias is added to it.
struct Mgu {
  using State = Var;
  static constexpr std::string_view source = "Zhou et al. 2016";
  static constexpr std::string_view equations =
      "f = sigmoid(Wf x + Uf h + bf)\n"
      "n = tanh(Wn x + Un (f h) + bn)\n"
      "h' = (1 - f) h + f n";

  Mgu(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden), f(p / "f", in, hidden, options), n(p / "n", in, hidden, options) {}

  [[nodiscard]] Var step(Var x, Var h) const {
    const Var ft = sigmoid(f(x, h));
    const Var nt = tanh(n(x, ft * h));
    return (1 - ft) * h + ft * nt;
  }

  Index hidden;
  Gate f, n;
};

}  // namespace unroll
