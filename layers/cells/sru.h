#pragma once
/// The simple recurrent unit (Lei, Zhang, Wang, Dai & Artzi 2018): no product with h, so that all
/// products of a sequence can be done at once.

#include <unroll/layers/gate.h>
#include <unroll/ops/elementwise.h>

namespace unroll {

/// c is what is remembered, h = its highway combination with x. The highway asks for an x as wide
/// as h; where it is not, or x are ids, it carries P x, learned. g(c) of the first version is the
/// identity here, the authors' later choice. in: (B, in) or ids (B), out: h (B, hidden).
struct Sru {
  struct State {
    Var h;  // (B, hidden), an output only: the next step does not see it
    Var c;  // (B, hidden)
  };
  static constexpr std::string_view source = "Lei et al. 2018";
  static constexpr std::string_view equations =
      "f = sigmoid(Wf x + vf c + bf)\n"
      "r = sigmoid(Wr x + vr c + br)\n"
      "c' = f c + (1 - f) (W x)\n"
      "h' = r c' + (1 - r) (P x)";

  Sru(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden),
        f(p / "f", in, hidden, with_forget_bias(options)),
        r(p / "r", in, hidden, options),
        c(p / "c", in, hidden, without_bias(options)),
        vf((p / "f").add("v", {hidden}, fan_in_uniform())),
        vr((p / "r").add("v", {hidden}, fan_in_uniform())),
        fitted(p, in, hidden, options) {}

  [[nodiscard]] State step(Var x, State s) const {
    const Var ft = sigmoid(f(x) + vf * s.c);
    const Var rt = sigmoid(r(x) + vr * s.c);
    const Var ct = ft * s.c + (1 - ft) * c(x);
    return {rt * ct + (1 - rt) * fitted(x), ct};
  }

  Index hidden;
  Projection f, r, c;
  Parameter vf, vr;
  Fitted fitted;
};

}  // namespace unroll
