#pragma once
/// Zoneout (Krueger et al. 2017): in training each unit keeps its value of the step before with a
/// probability, instead of taking the new one.

#include <unroll/layers/dropout.h>
#include <unroll/layers/sequence.h>

namespace unroll {

/// A cell whose states zone out, at a rate for each Var of its state in order (of an LSTM h, c);
/// the last rate holds for the rest. Stepped as it is, it evaluates: units take the mean of what
/// they did in training. Stepped through `training(noise)`, it draws.
template <class C>
struct Zoneout {
  static_assert(explain_cell<C>());
  using State = StateOf<C>;

  /// Error without any rate, or for one outside [0, 1).
  Zoneout(C cell, std::vector<double> rates) : cell(std::move(cell)), rates(std::move(rates)) {
    if (this->rates.empty()) fail<Error>("Zoneout: at least one rate is needed");
    for (const double rate : this->rates) {
      if (!(rate >= 0 && rate < 1)) fail<Error>("Zoneout: rate {}: expected 0 <= rate < 1", rate);
    }
  }

  [[nodiscard]] State step(Var x, const State& state) const {
    return mix(step_of(cell, x, state), state,
               [](Var now, Var before, double rate) { return rate * before + (1 - rate) * now; });
  }

  /// The cell for one training step.
  struct Training {
    using State = StateOf<C>;
    [[nodiscard]] State step(Var x, const State& state) const {
      return zoneout.mix(step_of(zoneout.cell, x, state), state,
                         [&](Var now, Var before, double rate) {
                           const Var ones = full(now.tape(), now.shape(), 1);
                           return where(dropout(ones, rate, noise.key(0)), now, before);
                         });
    }
    const Zoneout& zoneout;  // the cell
    Noise& noise;            // of the training step
  };
  /// The cell for the training step of that noise.
  [[nodiscard]] Training training(Noise& noise) const { return {*this, noise}; }

  [[nodiscard]] State zero_state(Tape& tape, Index batch) const {
    return unroll::zero_state(cell, tape, batch);
  }

  C cell;                     // without zoneout
  std::vector<double> rates;  // one for each Var of the state, the last for the rest

 private:
  template <class F>
  State mix(State next, const State& before, F f) const {
    const std::vector<Var> old = vars_of(before);
    std::size_t i = 0;
    for_each_var(next, [&](Var& var) {
      var = f(var, old[i], rates[std::min(i, rates.size() - 1)]);
      ++i;
    });
    return next;
  }
};

}  // namespace unroll
