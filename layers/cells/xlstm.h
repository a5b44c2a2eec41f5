#pragma once
/// The two cells of xLSTM (Beck et al. 2024), one head each: exponential input gates, kept from
/// overflowing by a running maximum m of the logarithms of what the gates have let in.
///
/// What m is cancels out of h; it only has to be large enough. Before the first step nothing has
/// been let in, the logarithm of which is minus infinity: m begins at kNothingYet, as good as that
/// and finite in f32, so that the first m is the first input gate's. The forget gate is a sigmoid,
/// one of the two that the paper allows. m, c and n belong together: something that mixes states,
/// as zoneout does, may mix h and has to leave these alone.

#include <unroll/layers/gate.h>
#include <unroll/ops/elementwise.h>
#include <unroll/ops/matmul.h>
#include <unroll/ops/reduce.h>
#include <unroll/ops/shape.h>

#include <cmath>

namespace unroll {

/// The m of a state that has seen no input.
inline constexpr double kNothingYet = -1e30;

/// sLSTM: scalar memories with a normaliser n, and gates that see h.
/// in: (B, in) or ids (B), out: h (B, hidden).
struct Slstm {
  struct State {
    Var h;  // (B, hidden)
    Var c;  // (B, hidden), in units of exp(m), as n
    Var n;  // (B, hidden)
    Var m;  // (B, hidden)
  };
  static constexpr std::string_view source = "Beck et al. 2024, sLSTM";
  static constexpr std::string_view equations =
      "i = Wi x + Ui h + bi, a logarithm\n"
      "f = log(sigmoid(Wf x + Uf h + bf)) + m\n"
      "m' = max(f, i)\n"
      "g = tanh(Wg x + Ug h + bg)\n"
      "o = sigmoid(Wo x + Uo h + bo)\n"
      "c' = exp(f - m') c + exp(i - m') g\n"
      "n' = exp(f - m') n + exp(i - m')\n"
      "h' = o c' / n'";

  Slstm(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden),
        i(p / "i", in, hidden, options),
        f(p / "f", in, hidden, with_forget_bias(options)),
        o(p / "o", in, hidden, options),
        g(p / "g", in, hidden, options) {}

  [[nodiscard]] State step(Var x, const State& s) const {
    const Var it = i(x, s.h);
    const Var ft = log_sigmoid(f(x, s.h)) + s.m;
    const Var m = maximum(ft, it);
    const Var gt = tanh(g(x, s.h));
    const Var ot = sigmoid(o(x, s.h));
    const Var c = exp(ft - m) * s.c + exp(it - m) * gt;
    const Var n = exp(ft - m) * s.n + exp(it - m);
    return {ot * c / n, c, n, m};
  }

  [[nodiscard]] State zero_state(Tape& tape, Index batch) const {
    const Var zeros = full(tape, {batch, hidden}, 0);
    return {zeros, zeros, zeros, full(tape, {batch, hidden}, kNothingYet)};
  }

  Index hidden;
  Gate i, f, o, g;
};

/// mLSTM: a matrix memory that is written at keys k and read at queries q, as attention is; nothing
/// sees h. in: (B, in) or ids (B), out: h (B, hidden).
struct Mlstm {
  struct State {
    Var h;  // (B, hidden), an output only
    Var C;  // (B, hidden, hidden), in units of exp(m), as n
    Var n;  // (B, hidden)
    Var m;  // (B, 1)
  };
  static constexpr std::string_view source = "Beck et al. 2024, mLSTM";
  static constexpr std::string_view equations =
      "q = Wq x + bq\n"
      "k = (Wk x + bk) / sqrt(hidden)\n"
      "v = Wv x + bv\n"
      "i = Wi x + bi, a logarithm, one number\n"
      "f = log(sigmoid(Wf x + bf)) + m, one number\n"
      "m' = max(f, i)\n"
      "o = sigmoid(Wo x + bo)\n"
      "C' = exp(f - m') C + exp(i - m') v k^T\n"
      "n' = exp(f - m') n + exp(i - m') k\n"
      "h' = o (C' q) / max(|n'^T q|, exp(-m'))";

  Mlstm(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden),
        q(p / "q", in, hidden, options),
        k(p / "k", in, hidden, options),
        v(p / "v", in, hidden, options),
        i(p / "i", in, 1, options),
        f(p / "f", in, 1, with_forget_bias(options)),
        o(p / "o", in, hidden, options) {}

  [[nodiscard]] State step(Var x, const State& s) const {
    const Var qt = q(x);
    const Var kt = k(x) / std::sqrt(static_cast<double>(hidden));
    const Var it = i(x);
    const Var ft = log_sigmoid(f(x)) + s.m;
    const Var m = maximum(ft, it);
    const Var keep = exp(ft - m);
    const Var k_in = exp(it - m) * kt;
    const Var C = matrix(keep, 1, 1) * s.C + matrix(v(x), hidden, 1) * matrix(k_in, 1, hidden);
    const Var n = keep * s.n + k_in;
    const Var nq = sum(n * qt, 1, true);
    const Var Cq = reshape(matmul(C, matrix(qt, hidden, 1)), qt.shape());
    const Var floor = exp(minimum(-m, 80));  // e^80 fits f32, and h is as good as 0 there
    return {sigmoid(o(x)) * Cq / maximum(maximum(nq, -nq), floor), C, n, m};
  }

  [[nodiscard]] State zero_state(Tape& tape, Index batch) const {
    const Var zeros = full(tape, {batch, hidden}, 0);
    return {zeros, full(tape, {batch, hidden, hidden}, 0), zeros,
            full(tape, {batch, 1}, kNothingYet)};
  }

  /// Each row of v as a matrix: (B, rows * columns) to (B, rows, columns).
  static Var matrix(Var v, Index rows, Index columns) {
    return reshape(v, {v.shape()[0], rows, columns});
  }

  Index hidden;
  Projection q, k, v, i, f, o;
};

}  // namespace unroll
