#pragma once
/// The quasi-recurrent network (Bradbury, Merity, Xiong & Socher 2017): gates made by a convolution
/// over time, and a recurrence without products.

#include <unroll/layers/gate.h>
#include <unroll/ops/elementwise.h>
#include <unroll/ops/shape.h>

namespace unroll {

/// W x + V y + b, where y is the x of the step before: one filter of width 2.
struct WindowGate {
  WindowGate(const Parameters& p, Input in, Index hidden, const CellOptions& options)
      : now(p, in, hidden, options), before(p, in, hidden, without_bias(options), "V") {}

  Projection now;
  Projection before;
};

/// fo-pooling over a window of two steps. The step before the first has x = 0. c' = f c + (1 - f) z
/// as in the paper; the authors' code has f and 1 - f exchanged.
///
/// The state carries V x, not x: an x of ids cannot be zero, but what it adds to a gate can.
/// in: (B, in) or ids (B), out: h (B, hidden).
struct Qrnn {
  struct State {
    Var h;           // (B, hidden), an output only
    Var c;           // (B, hidden)
    Var Vz, Vf, Vo;  // V x of this step for the next, (B, hidden)
  };
  static constexpr std::string_view source = "Bradbury et al. 2017, fo-pooling, window 2";
  static constexpr std::string_view equations =
      "z = tanh(Wz x + Vz y + bz), y the x of the step before\n"
      "f = sigmoid(Wf x + Vf y + bf)\n"
      "o = sigmoid(Wo x + Vo y + bo)\n"
      "c' = f c + (1 - f) z\n"
      "h' = o c'";

  Qrnn(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden),
        z(p / "z", in, hidden, options),
        f(p / "f", in, hidden, with_forget_bias(options)),
        o(p / "o", in, hidden, options) {}

  [[nodiscard]] State step(Var x, const State& s) const {
    const Var zt = tanh(z.now(x) + s.Vz);
    const Var ft = sigmoid(f.now(x) + s.Vf);
    const Var ot = sigmoid(o.now(x) + s.Vo);
    const Var c = ft * s.c + (1 - ft) * zt;
    return {ot * c, c, z.before(x), f.before(x), o.before(x)};
  }

  Index hidden;
  WindowGate z, f, o;
};

}  // namespace unroll
