#pragma once
/// Cells whose shapes are not (B, hidden), or that compute something of parameters alone at every
/// step: W14, W15 and W17 are language models of them.

#include <unroll/unroll.h>

#include <cmath>

namespace bench {

/// The vectors v (n, size) as n matrices; rows * columns = size.
inline unroll::Var matrix(unroll::Var v, unroll::Index rows, unroll::Index columns) {
  return unroll::reshape(v, {v.shape()[0], rows, columns});
}

/// The recurrence of Mamba (Gu & Dao 2023, algorithm 2, "S6"): each channel has a few states of its
/// own, which decay and are read as the input says.
///
///   dt = softplus(Wdt x + bdt),  B = Wb x,  C = Wc x
///   A = -exp(log_A)
///   h' = exp(dt A) h + dt x B
///   y = sum over the states of h' C + D x
///
/// x: (batch, channels), out: y (batch, channels); `hidden` is the number of channels.
struct SelectiveSsm {
  struct State {
    unroll::Var y;  // (batch, channels), an output only
    unroll::Var h;  // (batch, channels, states)
  };

  SelectiveSsm(const unroll::Parameters& p, unroll::Input in, unroll::Index hidden,
               unroll::Index states = 16)
      : hidden(hidden),
        states(states),
        dt(p / "dt", in.size, hidden, true, unroll::fan_in_uniform(), unroll::constant(-4)),
        B(p / "B", in.size, states, false),
        C(p / "C", in.size, states, false),
        log_A(p.add("log_A", {hidden, states}, logarithms)),
        D(p.add("D", {hidden}, unroll::constant(1))) {}

  [[nodiscard]] State step(unroll::Var x, const State& s) const {
    using namespace unroll;
    const Var rate = softplus(dt(x));
    const Var A = -exp(x.tape().parameter(log_A));
    const Var keep = exp(matrix(rate, hidden, 1) * A);
    const Var h = keep * s.h + matrix(rate * x, hidden, 1) * matrix(B(x), 1, states);
    return {sum(h * matrix(C(x), 1, states), 2) + D * x, h};
  }

  [[nodiscard]] State zero_state(unroll::Tape& tape, unroll::Index batch) const {
    return {unroll::full(tape, {batch, hidden}, 0), unroll::full(tape, {batch, hidden, states}, 0)};
  }

  unroll::Index hidden;
  unroll::Index states;
  unroll::Linear dt, B, C;
  unroll::Parameter log_A;  // (channels x states)
  unroll::Parameter D;      // (channels)

 private:
  /// A begins at -1, -2, ... along the states of each channel.
  static void logarithms(const unroll::Shape& shape, std::span<double> values,
                         unroll::Random& /*random*/) {
    const auto states = static_cast<std::size_t>(shape[1]);
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = std::log(static_cast<double>(i % states + 1));
    }
  }
};

/// DeltaNet (Schlag, Irie & Schmidhuber 2021; keys of norm 1 as Yang et al. 2024): each head has a
/// matrix S that maps keys to values, and corrects what it gives for the present key.
///
///   q = Wq x,  k = Wk x / |Wk x|,  v = Wv x,  b = sigmoid(Wb x), for each head
///   S' = S + b (v - S k) k^T
///   y = S' q
///
/// x: (batch, in), out: y (batch, hidden); the heads share `hidden` equally.
struct DeltaNet {
  struct State {
    unroll::Var y;  // (batch, hidden), an output only
    unroll::Var S;  // (batch * heads, size, size)
  };

  DeltaNet(const unroll::Parameters& p, unroll::Input in, unroll::Index hidden,
           unroll::Index heads = 4)
      : hidden(hidden),
        heads(heads),
        q(p / "q", in.size, hidden, false),
        k(p / "k", in.size, hidden, false),
        v(p / "v", in.size, hidden, false),
        b(p / "b", in.size, heads, false) {}

  [[nodiscard]] State step(unroll::Var x, const State& s) const {
    using namespace unroll;
    const Index batch = x.shape()[0];
    const Index size = hidden / heads;
    const auto by_head = [&](Var a) { return reshape(a, {batch * heads, size}); };
    const Var qt = by_head(q(x));
    const Var key = by_head(k(x));
    const Var kt = matrix(key / sqrt(sum(square(key), 1, true) + 1e-6), 1, size);
    const Var rate = reshape(sigmoid(b(x)), {batch * heads, 1});
    const Var wrong = by_head(v(x)) - sum(s.S * kt, 2);
    const Var S = s.S + matrix(rate * wrong, size, 1) * kt;
    return {reshape(sum(S * matrix(qt, 1, size), 2), {batch, hidden}), S};
  }

  [[nodiscard]] State zero_state(unroll::Tape& tape, unroll::Index batch) const {
    const unroll::Index size = hidden / heads;
    return {unroll::full(tape, {batch, hidden}, 0),
            unroll::full(tape, {batch * heads, size, size}, 0)};
  }

  unroll::Index hidden;
  unroll::Index heads;
  unroll::Linear q, k, v, b;
};

/// The AntisymmetricRNN (Chang et al. 2019, eq. 9), whose matrix has eigenvalues near the imaginary
/// axis: h' = h + step tanh((U - U^T - diffusion) h + W x + b). x: (B, in), out: h (B, hidden).
struct AntisymmetricRnn {
  using State = unroll::Var;
  /// Where U - U^T is recorded: at every step, as the equation stands, or once, before the first
  /// step, in the place of U.
  enum class Recorded : std::uint8_t { every_step, once };

  AntisymmetricRnn(const unroll::Parameters& p, unroll::Input in, unroll::Index hidden,
                   Recorded recorded)
      : hidden(hidden), gate(p, in, hidden), recorded(recorded) {}

  [[nodiscard]] State step(unroll::Var x, State h) const {
    using namespace unroll;
    const Var U = x.tape().parameter(gate.U);
    const Var A = recorded == Recorded::once ? U : U - transpose(U);
    return h + kStep * tanh(linear(h, A) - kDiffusion * h + gate.x(x));
  }

  /// To be called once on each cleared tape, before the first step.
  void before_first_step(unroll::Tape& tape) const {
    if (recorded == Recorded::every_step) return;
    const unroll::Var U = tape.parameter(gate.U);
    tape.replace(gate.U, U - transpose(U));
  }

  static constexpr double kStep = 0.1;
  static constexpr double kDiffusion = 0.01;
  unroll::Index hidden;
  unroll::Gate gate;
  Recorded recorded;
};

}  // namespace bench
