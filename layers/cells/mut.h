#pragma once
/// The three cells that an evolutionary search over ten thousand architectures kept (Jozefowicz,
/// Zaremba & Sutskever 2015): relatives of the GRU.
///
/// MUT1's tanh(x) and MUT2's x in the reset gate ask for an x as wide as h. Where it is not, or
/// where x are ids, these equations read P x in its place, P learned and without a bias (Keras kept
/// a random P; the paper does not say).

#include <unroll/layers/gate.h>
#include <unroll/ops/elementwise.h>

namespace unroll {

/// The update gate sees x alone, and x enters the candidate without weights.
struct Mut1 {
  using State = Var;
  static constexpr std::string_view source = "Jozefowicz et al. 2015, MUT1";
  static constexpr std::string_view equations =
      "z = sigmoid(Wz x + bz)\n"
      "r = sigmoid(Wr x + Ur h + br)\n"
      "n = tanh(Un (r h) + tanh(P x) + bn)\n"
      "h' = z n + (1 - z) h";

  Mut1(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden),
        z(p / "z", in, hidden, options),
        r(p / "r", in, hidden, options),
        n(p / "n", hidden, hidden, options),
        fitted(p, in, hidden, options) {}

  [[nodiscard]] Var step(Var x, Var h) const {
    const Var zt = sigmoid(z(x));
    const Var rt = sigmoid(r(x, h));
    const Var nt = tanh(n(rt * h) + tanh(fitted(x)));
    return zt * nt + (1 - zt) * h;
  }

  Index hidden;
  Projection z;
  Gate r;
  Recurrent n;
  Fitted fitted;
};

/// The reset gate sees x without weights.
struct Mut2 {
  using State = Var;
  static constexpr std::string_view source = "Jozefowicz et al. 2015, MUT2";
  static constexpr std::string_view equations =
      "z = sigmoid(Wz x + Uz h + bz)\n"
      "r = sigmoid(P x + Ur h + br)\n"
      "n = tanh(Wn x + Un (r h) + bn)\n"
      "h' = z n + (1 - z) h";

  Mut2(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden),
        z(p / "z", in, hidden, options),
        r(p / "r", hidden, hidden, options),
        n(p / "n", in, hidden, options),
        fitted(p, in, hidden, options) {}

  [[nodiscard]] Var step(Var x, Var h) const {
    const Var zt = sigmoid(z(x, h));
    const Var rt = sigmoid(fitted(x) + r(h));
    const Var nt = tanh(n(x, rt * h));
    return zt * nt + (1 - zt) * h;
  }

  Index hidden;
  Gate z;
  Recurrent r;
  Gate n;
  Fitted fitted;
};

/// The update gate sees tanh(h).
struct Mut3 {
  using State = Var;
  static constexpr std::string_view source = "Jozefowicz et al. 2015, MUT3";
  static constexpr std::string_view equations =
      "z = sigmoid(Wz x + Uz tanh(h) + bz)\n"
      "r = sigmoid(Wr x + Ur h + br)\n"
      "n = tanh(Wn x + Un (r h) + bn)\n"
      "h' = z n + (1 - z) h";

  Mut3(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden),
        z(p / "z", in, hidden, options),
        r(p / "r", in, hidden, options),
        n(p / "n", in, hidden, options) {}

  [[nodiscard]] Var step(Var x, Var h) const {
    const Var zt = sigmoid(z(x, tanh(h)));
    const Var rt = sigmoid(r(x, h));
    const Var nt = tanh(n(x, rt * h));
    return zt * nt + (1 - zt) * h;
  }

  Index hidden;
  Gate z, r, n;
};

}  // namespace unroll
