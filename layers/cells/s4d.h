#pragma once
/// Diagonal state spaces: S4D (Gu, Gupta, Goel & Re 2022), and S5 (Smith, Warrington & Linderman
/// 2023), where all channels share one state. Continuous equations s' = A s + B u, held constant
/// over a step of length dt ("zero-order hold"); A has a negative real part, so that s stays
/// bounded.

#include <unroll/layers/cells/lru.h>
#include <unroll/layers/gate.h>
#include <unroll/ops/elementwise.h>
#include <unroll/ops/matmul.h>
#include <unroll/ops/reduce.h>
#include <unroll/ops/shape.h>

#include <cmath>
#include <numbers>

namespace unroll {

/// exp(dt A) and (exp(dt A) - 1) / A of A = -exp(a) + i w: what a state keeps, and what a step adds
/// of a constant input. All operands broadcast.
struct ZeroOrderHold {
  Expression keep_re, keep_im, add_re, add_im;
  static ZeroOrderHold of(const Parameter& a, const Parameter& w, const Expression& dt) {
    const Expression size = exp(-(dt * exp(a)));
    const Expression re = size * cos(dt * w);
    const Expression im = size * sin(dt * w);
    const Expression norm = square(exp(a)) + square(w);  // |A|^2
    // (re - 1 + i im) / A = (re - 1 + i im) conj(A) / |A|^2
    return {re, im, (im * w - (re - 1) * exp(a)) / norm, -(im * exp(a) + (re - 1) * w) / norm};
  }
};

/// Real parts of -1/2 and imaginary parts pi n, n = 0 ... N - 1, for each channel ("S4D-Lin").
inline Initializer s4d_frequencies() {
  return [](const Shape& shape, std::span<double> values, Random&) {
    const auto states = static_cast<std::size_t>(shape[shape.rank() - 1]);
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = std::numbers::pi * static_cast<double>(i % states);
    }
  };
}
/// Logarithms of steps from 0.001 to 0.1.
inline Initializer s4d_steps() {
  return [](const Shape&, std::span<double> values, Random& random) {
    for (double& value : values) value = random.uniform(std::log(0.001), std::log(0.1));
  };
}

/// Each of `hidden` channels has N complex states, which with their conjugates make 2 N real ones.
/// in: (B, in) or ids (B), out: y (B, hidden).
struct S4d {
  struct State {
    Var y;       // (B, hidden), an output only
    Var re, im;  // (B, hidden, N)
  };
  static constexpr Index kStates = 8;
  static constexpr std::string_view source = "Gu et al. 2022, S4D-Lin";
  static constexpr std::string_view equations =
      "u = W x + b\n"
      "A = -exp(a) + i w, dt = exp(t)\n"
      "s' = exp(dt A) s + (exp(dt A) - 1) / A u, complex, for each channel\n"
      "y = 2 Re(C s') + d u";

  S4d(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden),
        u(p / "u", in, hidden, options),
        a(p.add("a", {hidden, kStates}, constant(std::log(0.5)))),
        w(p.add("w", {hidden, kStates}, s4d_frequencies())),
        t(p.add("t", {hidden, 1}, s4d_steps())),
        C_re(p.add("C.re", {hidden, kStates}, normal(std::sqrt(0.5)))),
        C_im(p.add("C.im", {hidden, kStates}, normal(std::sqrt(0.5)))),
        d(p.add("d", {hidden}, normal(1))) {}

  [[nodiscard]] State step(Var x, const State& s) const {
    const ZeroOrderHold hold = ZeroOrderHold::of(a, w, exp(t));
    const Var flat = u(x);
    const Var ut = reshape(flat, {flat.shape()[0], hidden, 1});
    const Var re = hold.keep_re * s.re - hold.keep_im * s.im + hold.add_re * ut;
    const Var im = hold.keep_re * s.im + hold.keep_im * s.re + hold.add_im * ut;
    return {2 * sum(C_re * re - C_im * im, 2) + d * flat, re, im};
  }

  [[nodiscard]] State zero_state(Tape& tape, Index batch) const {
    const Var zeros = full(tape, {batch, hidden, kStates}, 0);
    return {full(tape, {batch, hidden}, 0), zeros, zeros};
  }

  Index hidden;
  Projection u;
  Parameter a, w;  // (hidden, N)
  Parameter t;     // (hidden, 1)
  Parameter C_re, C_im;
  Parameter d;  // (hidden)
};

/// `hidden` complex states that all see all of u. in: (B, in) or ids (B), out: y (B, hidden).
struct S5 {
  using State = Lru::State;
  static constexpr std::string_view source = "Smith et al. 2023, S5";
  static constexpr std::string_view equations =
      "u = W x + b\n"
      "A = -exp(a) + i w, dt = exp(t)\n"
      "s' = exp(dt A) s + (exp(dt A) - 1) / A (B u), complex\n"
      "y = 2 Re(C s') + d u";

  S5(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden),
        u(p / "u", in, hidden, options),
        a(p.add("a", {hidden}, constant(std::log(0.5)))),
        w(p.add("w", {hidden}, s4d_frequencies())),
        t(p.add("t", {hidden}, s4d_steps())),
        B(p / "B", hidden, hidden),
        C(p / "C", hidden, hidden),
        d(p.add("d", {hidden}, normal(1))) {}

  [[nodiscard]] State step(Var x, const State& s) const {
    const ZeroOrderHold hold = ZeroOrderHold::of(a, w, exp(t));
    const Var ut = u(x);
    const Var b_re = linear(ut, B.re);
    const Var b_im = linear(ut, B.im);
    const Var re =
        hold.keep_re * s.re - hold.keep_im * s.im + hold.add_re * b_re - hold.add_im * b_im;
    const Var im =
        hold.keep_re * s.im + hold.keep_im * s.re + hold.add_re * b_im + hold.add_im * b_re;
    return {2 * (linear(re, C.re) - linear(im, C.im)) + d * ut, re, im};
  }

  Index hidden;
  Projection u;
  Parameter a, w, t;  // (hidden)
  ComplexMatrix B, C;
  Parameter d;  // (hidden)
};

}  // namespace unroll
