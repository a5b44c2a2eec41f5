#pragma once
/// The strongly-typed networks (Balduzzi & Ghifary 2016): what has been multiplied by W is never
/// added to what has not. Gates see x alone, of this step or of two.

#include <unroll/layers/cells/qrnn.h>
#include <unroll/layers/gate.h>
#include <unroll/ops/elementwise.h>

namespace unroll {

/// in: (B, in) or ids (B), out: h (B, hidden).
struct TRnn {
  using State = Var;
  static constexpr std::string_view source = "Balduzzi & Ghifary 2016, T-RNN";
  static constexpr std::string_view equations =
      "z = Wz x + bz\n"
      "f = sigmoid(Wf x + bf)\n"
      "h' = f h + (1 - f) z";

  TRnn(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden),
        z(p / "z", in, hidden, options),
        f(p / "f", in, hidden, with_forget_bias(options)) {}

  [[nodiscard]] Var step(Var x, Var h) const {
    const Var ft = sigmoid(f(x));
    return ft * h + (1 - ft) * z(x);
  }

  Index hidden;
  Projection z, f;
};

/// in: (B, in) or ids (B), out: h (B, hidden). The step before the first has x = 0; as in Qrnn the
/// state carries V x.
struct TGru {
  struct State {
    Var h;           // (B, hidden)
    Var Vz, Vf, Vo;  // V x of this step for the next, (B, hidden)
  };
  static constexpr std::string_view source = "Balduzzi & Ghifary 2016, T-GRU";
  static constexpr std::string_view equations =
      "z = Wz x + Vz y + bz, y the x of the step before\n"
      "f = sigmoid(Wf x + Vf y + bf)\n"
      "o = tanh(Wo x + Vo y + bo)\n"
      "h' = f h + z o";

  TGru(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden),
        z(p / "z", in, hidden, options),
        f(p / "f", in, hidden, with_forget_bias(options)),
        o(p / "o", in, hidden, options) {}

  [[nodiscard]] State step(Var x, const State& s) const {
    const Var zt = z.now(x) + s.Vz;
    const Var ft = sigmoid(f.now(x) + s.Vf);
    const Var ot = tanh(o.now(x) + s.Vo);
    return {ft * s.h + zt * ot, z.before(x), f.before(x), o.before(x)};
  }

  Index hidden;
  WindowGate z, f, o;
};

/// in: (B, in) or ids (B), out: h (B, hidden).
struct TLstm {
  using State = Qrnn::State;
  static constexpr std::string_view source = "Balduzzi & Ghifary 2016, T-LSTM";
  static constexpr std::string_view equations =
      "z = Wz x + Vz y + bz, y the x of the step before\n"
      "f = sigmoid(Wf x + Vf y + bf)\n"
      "o = tanh(Wo x + Vo y + bo)\n"
      "c' = f c + (1 - f) z\n"
      "h' = c' o";

  TLstm(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden),
        z(p / "z", in, hidden, options),
        f(p / "f", in, hidden, with_forget_bias(options)),
        o(p / "o", in, hidden, options) {}

  [[nodiscard]] State step(Var x, const State& s) const {
    const Var zt = z.now(x) + s.Vz;
    const Var ft = sigmoid(f.now(x) + s.Vf);
    const Var ot = tanh(o.now(x) + s.Vo);
    const Var c = ft * s.c + (1 - ft) * zt;
    return {c * ot, c, z.before(x), f.before(x), o.before(x)};
  }

  Index hidden;
  WindowGate z, f, o;
};

}  // namespace unroll
