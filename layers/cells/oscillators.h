#pragma once
/// Networks of oscillators (Rusch & Mishra 2021): differential equations of second order, one small
/// step in time for each step of the sequence. Gradients neither vanish nor explode.

#include <unroll/layers/gate.h>
#include <unroll/ops/elementwise.h>

namespace unroll {

/// The coupled oscillatory network: damped oscillators that drive each other. The step dt, the
/// frequency gamma and the damping epsilon are those of the paper's sequential MNIST.
/// in: (B, in) or ids (B), out: h (B, hidden).
struct CoRnn {
  struct State {
    Var h;  // (B, hidden), positions
    Var z;  // (B, hidden), velocities
  };
  static constexpr double dt = 0.042;
  static constexpr double gamma = 2.7;
  static constexpr double epsilon = 4.7;
  static constexpr std::string_view source = "Rusch & Mishra 2021, coRNN";
  static constexpr std::string_view equations =
      "z' = z + dt (tanh(W x + U h + V z + b) - gamma h - epsilon z)\n"
      "h' = h + dt z'";

  CoRnn(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden),
        W(p / "h", in, hidden, options),
        V(p / "z", hidden, hidden, without_bias(options)) {}

  [[nodiscard]] State step(Var x, State s) const {
    const Var z = s.z + dt * (tanh(W(x, s.h) + V(s.z)) - gamma * s.h - epsilon * s.z);
    return {s.h + dt * z, z};
  }

  Index hidden;
  Gate W;
  Recurrent V;
};

/// The undamped independent form: each oscillator drives itself alone, at a pace c of its own. dt
/// and alpha, which the paper searches for each task, are 0.1 and 1. in: (B, in) or ids (B), out: h
/// (B, hidden).
struct Unicornn {
  using State = CoRnn::State;
  static constexpr double dt = 0.1;
  static constexpr double alpha = 1;
  static constexpr std::string_view source = "Rusch & Mishra 2021, UnICORNN";
  static constexpr std::string_view equations =
      "z' = z - dt sigmoid(c) (tanh(W x + u h + b) + alpha h)\n"
      "h' = h + dt sigmoid(c) z'";

  Unicornn(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden),
        W(p, in, hidden, options),
        u(p.add("u", {hidden}, uniform(0, 1))),
        c(p.add("c", {hidden}, uniform(0.1))) {}

  [[nodiscard]] State step(Var x, State s) const {
    const Expression pace = dt * sigmoid(c);
    const Var z = s.z - pace * (tanh(W(x) + u * s.h) + alpha * s.h);
    return {s.h + pace * z, z};
  }

  Index hidden;
  Projection W;
  Parameter u, c;  // (hidden)
};

}  // namespace unroll
