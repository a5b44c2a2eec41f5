#pragma once
/// The selective state space of Mamba, S6 (Gu & Dao 2023): what a state keeps and lets in depends
/// on the input.

#include <unroll/layers/gate.h>
#include <unroll/ops/elementwise.h>
#include <unroll/ops/reduce.h>
#include <unroll/ops/shape.h>

#include <cmath>

namespace unroll {

/// Each of `hidden` channels has N real states. Mamba's convolution, gate and projections around it
/// are not part of the recurrence. The step length comes from a product of rank `hidden` / 16.
/// in: (B, in) or ids (B), out: y (B, hidden).
struct S6 {
  struct State {
    Var y;  // (B, hidden), an output only
    Var s;  // (B, hidden, N)
  };
  static constexpr Index kStates = 16;
  static constexpr std::string_view source = "Gu & Dao 2023, S6";
  static constexpr std::string_view equations =
      "u = Wu x + bu\n"
      "t = softplus(Wt (Wr u) + bt)\n"
      "b = Wb u, c = Wc u\n"
      "s' = exp(-t exp(a)) s + t u b^T, for each channel\n"
      "y = s' c + d u";

  S6(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden),
        u(p / "u", in, hidden, options),
        r(p / "r", hidden, (hidden + 15) / 16, without_bias(options)),
        t(p / "t", (hidden + 15) / 16, hidden, with_steps(options)),
        b(p / "b", hidden, kStates, without_bias(options)),
        c(p / "c", hidden, kStates, without_bias(options)),
        a(p.add("a", {hidden, kStates}, logarithms())),
        d(p.add("d", {hidden}, constant(1))) {}

  [[nodiscard]] State step(Var x, const State& s) const {
    const Var ut = u(x);
    const Index batch = ut.shape()[0];
    const auto column = [&](Var v) { return reshape(v, {batch, hidden, 1}); };
    const auto row = [&](Var v) { return reshape(v, {batch, 1, kStates}); };
    const Var tt = softplus(t(r(ut)));
    const Var after = exp(-exp(a) * column(tt)) * s.s + column(tt * ut) * row(b(ut));
    return {sum(after * row(c(ut)), 2) + d * ut, after};
  }

  [[nodiscard]] State zero_state(Tape& tape, Index batch) const {
    return {full(tape, {batch, hidden}, 0), full(tape, {batch, hidden, kStates}, 0)};
  }

  Index hidden;
  Projection u, r, t, b, c;
  Parameter a;  // (hidden, N)
  Parameter d;  // (hidden)

 private:
  /// log 1, log 2, ... log N for each channel.
  static Initializer logarithms() {
    return [](const Shape&, std::span<double> values, Random&) {
      for (std::size_t i = 0; i < values.size(); ++i) {
        values[i] = std::log(static_cast<double>(i % kStates + 1));
      }
    };
  }
  /// Biases whose softplus is a step from 0.001 to 0.1.
  static CellOptions with_steps(const CellOptions& options) {
    CellOptions result = options;
    result.b = [](const Shape&, std::span<double> values, Random& random) {
      for (double& value : values) {
        value = std::log(std::expm1(std::exp(random.uniform(std::log(0.001), std::log(0.1)))));
      }
    };
    return result;
  }
};

}  // namespace unroll
