#pragma once
/// Two generations of RWKV (Peng et al. 2023, 2024): attention whose weights fall with the
/// distance, kept as a running sum. Their time mixing, between two linear maps.

#include <unroll/layers/gate.h>
#include <unroll/ops/elementwise.h>
#include <unroll/ops/matmul.h>
#include <unroll/ops/reduce.h>
#include <unroll/ops/shape.h>

#include <cmath>

namespace unroll {

/// m x + (1 - m) y, y the x of the step before: RWKV's token shift. m: (hidden).
struct TokenShift {
  TokenShift(const Parameters& p, Index hidden) : m(p.add("m", {hidden}, uniform(0, 1))) {}
  /// x and y: (B, hidden).
  Var operator()(Var x, Var y) const { return m * x + (1 - m) * y; }
  Parameter m;
};

/// The sums p and q are in units of exp(o), the largest logarithm so far, so that nothing
/// overflows. in: (B, in) or ids (B), out: y (B, hidden).
struct Rwkv4 {
  struct State {
    Var y;     // (B, hidden), an output only
    Var x;     // (B, hidden), of this step for the next
    Var p, q;  // (B, hidden)
    Var o;     // (B, hidden)
  };
  static constexpr std::string_view source = "Peng et al. 2023, RWKV-4";
  static constexpr std::string_view equations =
      "r = Wr (mr x + (1 - mr) y), y the x of the step before\n"
      "k = Wk (mk x + (1 - mk) y)\n"
      "v = Wv (mv x + (1 - mv) y)\n"
      "a = (p + exp(u + k) v) / (q + exp(u + k))\n"
      "p' = exp(-exp(w)) p + exp(k) v\n"
      "q' = exp(-exp(w)) q + exp(k)\n"
      "y' = Wo (sigmoid(r) a)";

  Rwkv4(const Parameters& parameters, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden),
        fitted(parameters, in, hidden, options),
        mr(parameters / "r", hidden),
        mk(parameters / "k", hidden),
        mv(parameters / "v", hidden),
        r(parameters / "r", hidden, hidden, without_bias(options)),
        k(parameters / "k", hidden, hidden, without_bias(options)),
        v(parameters / "v", hidden, hidden, without_bias(options)),
        out(parameters / "o", hidden, hidden, without_bias(options)),
        u(parameters.add("u", {hidden}, constant(std::log(0.3)))),
        w(parameters.add("w", {hidden}, uniform(-5, 1))) {}

  [[nodiscard]] State step(Var x, const State& s) const {
    x = fitted(x);
    const Var kt = k(mk(x, s.x));
    const Var vt = v(mv(x, s.x));
    // Each pair of exponentials is divided by exp of the larger exponent, so that neither
    // overflows.
    const Var top = maximum(s.o, u + kt);
    const Var old = exp(s.o - top);
    const Var now = exp(u + kt - top);
    const Var a = (old * s.p + now * vt) / (old * s.q + now);
    const Var o = maximum(s.o - exp(w), kt);
    const Var kept = exp(s.o - exp(w) - o);
    const Var added = exp(kt - o);
    return {out(sigmoid(r(mr(x, s.x))) * a), x, kept * s.p + added * vt, kept * s.q + added, o};
  }

  [[nodiscard]] State zero_state(Tape& tape, Index batch) const {
    const Var zeros = full(tape, {batch, hidden}, 0);
    return {zeros, zeros, zeros, zeros, full(tape, {batch, hidden}, -1e30)};
  }

  Index hidden;
  Fitted fitted;
  TokenShift mr, mk, mv;
  Projection r, k, v, out;
  Parameter u, w;  // (hidden)
};

/// One head: S is a matrix that is written at keys and read at receptances r; each row of it falls
/// at a pace of its own, which depends on x. y sees the old S, and this step by way of u. Its form
/// of chunks of steps is in layers/chunkwise.h.
/// in: (B, in) or ids (B), out: y (B, hidden).
struct Rwkv6 {
  struct State {
    Var y;  // (B, hidden), an output only
    Var x;  // (B, hidden), of this step for the next
    Var S;  // (B, hidden, hidden)
  };
  static constexpr std::string_view source = "Peng et al. 2024, RWKV-6, one head";
  static constexpr std::string_view equations =
      "r = Wr (mr x + (1 - mr) y), y the x of the step before\n"
      "k = Wk (mk x + (1 - mk) y)\n"
      "v = Wv (mv x + (1 - mv) y)\n"
      "w = exp(-exp(Ww (mw x + (1 - mw) y) + bw))\n"
      "y' = Wo (r^T (S + (u k) v^T))\n"
      "S' = diag(w) S + k v^T";

  Rwkv6(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden),
        fitted(p, in, hidden, options),
        mr(p / "r", hidden),
        mk(p / "k", hidden),
        mv(p / "v", hidden),
        mw(p / "w", hidden),
        r(p / "r", hidden, hidden, without_bias(options)),
        k(p / "k", hidden, hidden, without_bias(options)),
        v(p / "v", hidden, hidden, without_bias(options)),
        w(p / "w", hidden, hidden, options),
        out(p / "o", hidden, hidden, without_bias(options)),
        u(p.add("u", {hidden}, uniform(0, 1))) {}

  [[nodiscard]] State step(Var x, const State& s) const {
    x = fitted(x);
    const Index batch = x.shape()[0];
    const auto row = [&](Var a) { return reshape(a, {batch, 1, hidden}); };
    const Var rt = r(mr(x, s.x));
    const Var kt = k(mk(x, s.x));
    const Var vt = v(mv(x, s.x));
    const Var wt = exp(-exp(w(mw(x, s.x))));
    const Var read =
        reshape(matmul(row(rt), s.S), {batch, hidden}) + sum(rt * u * kt, 1, true) * vt;
    const Var S = reshape(wt, {batch, hidden, 1}) * s.S + outer(kt, vt);
    return {out(read), x, S};
  }

  [[nodiscard]] State zero_state(Tape& tape, Index batch) const {
    const Var zeros = full(tape, {batch, hidden}, 0);
    return {zeros, zeros, full(tape, {batch, hidden, hidden}, 0)};
  }

  Index hidden;
  Fitted fitted;
  TokenShift mr, mk, mv, mw;
  Projection r, k, v, w, out;
  Parameter u;  // (hidden)
};

}  // namespace unroll
