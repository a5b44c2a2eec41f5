#pragma once
/// Truncated backpropagation through time. Its plainest form needs nothing from here: carry() the
/// state from one piece of a sequence to the next.

#include <unroll/core/random.h>
#include <unroll/layers/sequence.h>

#include <algorithm>

namespace unroll {

/// The same values as `unroll_over`, but the gradient of each output reaches at most `steps_back`
/// steps further back than its own (the tutorials' `bptt_truncate`), for any cell, at the cost of
/// T (steps_back + 1) steps.
///
/// The first steps_back + 1 outputs lie that near the beginning and need no truncation. Each later
/// one gets a window of its own that begins with a constant state; all windows are of one length,
/// so they run side by side, as a batch of windows. ShapeError for a state that grows.
template <class C>
Unrolled<StateOf<C>> unroll_truncated(const C& cell, Var x, StateOf<C> state, Index steps_back) {
  if constexpr (!check_cell<C>()) return {};
  using State = StateOf<C>;
  if (steps_back < 0)
    fail<Error>("unroll_truncated: {} steps back, expected 0 or more", steps_back);
  const Index steps = x.shape().rank() == 0 ? 0 : x.shape()[0];
  const Index head = std::min(steps, steps_back + 1);
  const Index windows = steps - head;
  if (windows == 0) return unroll_over(cell, x, state);

  std::vector<Var> outputs;
  std::vector<State> starts;  // the constant states that windows begin with
  for (Index t = 0; t < std::max(head, windows); ++t) {
    const Tape::StepScope scope(x.tape(), t);
    state = step_of(cell, select(x, t), state);
    if (t < head) outputs.push_back(output_of(state));
    State constant = state;
    for_each_var(constant, [](Var& var) { var = stop_gradient(var); });
    if (t >= windows) continue;
    require_like("unroll_truncated", vars_of(constant),
                 vars_of(starts.empty() ? constant : starts[0]));
    starts.push_back(constant);
  }

  // Window w reads steps w + 1 ... w + 1 + steps_back. Windows and sequences share the batch axis.
  const auto merge = [](Var v) {
    const Shape shape = v.shape();
    return reshape(v, shape.without(0).with(0, shape[0] * shape[1]));
  };
  State window = starts[0];
  std::size_t part = 0;
  for_each_var(window, [&](Var& var) {
    std::vector<Var> first;
    for (const State& start : starts) first.push_back(vars_of(start)[part]);
    var = merge(stack(first));
    ++part;
  });
  for (Index p = 0; p <= steps_back; ++p) {
    const Tape::StepScope scope(x.tape(), p + 1);  // of the first window
    window = step_of(cell, merge(rows(x, p + 1, p + 1 + windows)), window);
  }

  const Var output = output_of(window);
  const Index batch = output.shape()[0] / windows;
  const Shape by_window = output.shape().with(0, batch).inserted(0, windows);
  const std::array<Var, 2> parts{stack(outputs), reshape(output, by_window)};
  for_each_var(window, [&](Var& var) { var = rows(var, (windows - 1) * batch, windows * batch); });
  return {concat(parts, 0), window};
}

/// The same values as `unroll_over`, but after each step the gradient with respect to the state
/// goes on to the step before only with probability `keep`, and is then divided by `keep`: its mean
/// is the whole gradient, its length 1 / (1 - keep) steps on average (Tallec & Ollivier 2017).
/// Error unless 0 < keep <= 1.
template <class C>
Unrolled<StateOf<C>> unroll_randomized(const C& cell, Var x, StateOf<C> state, double keep,
                                       Random& random) {
  if constexpr (!check_cell<C>()) return {};
  if (!(keep > 0 && keep <= 1)) {
    fail<Error>("unroll_randomized: keep {}, expected 0 < keep <= 1", keep);
  }
  std::vector<Var> outputs;
  for (const Var xt : unstack(x)) {
    const Tape::StepScope scope(x.tape(), static_cast<Index>(outputs.size()));
    const bool goes_on = random.uniform() < keep;
    for_each_var(state, [&](Var& var) {
      const Var constant = stop_gradient(var);
      // var - constant is exactly 0: the value stays, its gradient is scaled.
      var = goes_on ? constant + (var - constant) / keep : constant;
    });
    state = step_of(cell, xt, state);
    outputs.push_back(output_of(state));
  }
  return {stack(outputs), state};
}

}  // namespace unroll
