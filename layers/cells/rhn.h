#pragma once
/// The recurrent highway network (Zilly, Srivastava, Koutnik & Schmidhuber 2017): several layers
/// deep within one time step, each a highway layer.

#include <unroll/layers/gate.h>
#include <unroll/ops/elementwise.h>

namespace unroll {

/// CellOptions::depth micro-steps with coupled gates, C = 1 - T; only the first sees x. The bias of
/// T begins at minus the forget bias, so that a layer carries more than it changes. in: (B, in) or
/// ids (B), out: h (B, hidden).
struct Rhn {
  using State = Var;
  static constexpr std::string_view source = "Zilly et al. 2017, coupled gates";
  static constexpr std::string_view equations =
      "s = h, then for l = 0 ... depth - 1, W only where l = 0:\n"
      "n = tanh(Wn x + Un_l s + bn_l)\n"
      "t = sigmoid(Wt x + Ut_l s + bt_l)\n"
      "s = t n + (1 - t) s\n"
      "h' = s";

  Rhn(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden),
        n(p / 0 / "n", in, hidden, options),
        t(p / 0 / "t", in, hidden, with_coupled_bias(options)) {
    for (Index l = 1; l < depth_of("Rhn", options); ++l) {
      deeper.push_back({Recurrent(p / l / "n", hidden, hidden, options),
                        Recurrent(p / l / "t", hidden, hidden, with_coupled_bias(options))});
    }
  }

  [[nodiscard]] Var step(Var x, Var h) const {
    Var s = highway(tanh(n(x, h)), sigmoid(t(x, h)), h);
    for (const Deeper& l : deeper) s = highway(tanh(l.n(s)), sigmoid(l.t(s)), s);
    return s;
  }

  /// t n + (1 - t) s: all (B, hidden).
  static Var highway(Var n, Var t, Var s) { return t * n + (1 - t) * s; }

  /// A micro-step that does not see x.
  struct Deeper {
    Recurrent n, t;
  };
  Index hidden;
  Gate n, t;
  std::vector<Deeper> deeper;
};

}  // namespace unroll
