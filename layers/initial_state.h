#pragma once
/// An initial state that is learned.

#include <unroll/layers/initialize.h>
#include <unroll/layers/sequence.h>

namespace unroll {

/// One state for all sequences, learned; it begins as the cell's zero state. Parameters "0", "1",
/// ..., one for each Var of the state.
template <class C>
struct LearnedState {
  static_assert(explain_cell<C>());
  /// Of that cell; adds one parameter for each Var of its state.
  LearnedState(const Parameters& p, const C& cell) : cell(cell) {
    Tape tape(p.dtype());
    for (const Var& var : vars_of(zero_state(cell, tape, 1))) {
      const Tensor value(var.value());
      parts.push_back(p.add(std::to_string(parts.size()), var.shape(),
                            [value](const Shape&, std::span<double> values, Random&) {
                              const std::vector<double> from = value.to_doubles();
                              std::copy(from.begin(), from.end(), values.begin());
                            }));
    }
  }

  /// The state of `batch` sequences before their first step.
  typename C::State operator()(Tape& tape, Index batch) const {
    typename C::State state = zero_state(cell, tape, batch);
    std::size_t i = 0;
    for_each_var(state,
                 [&](Var& var) { var = broadcast_to(tape.parameter(parts[i++]), var.shape()); });
    return state;
  }

  C cell;                        // whose state it is
  std::vector<Parameter> parts;  // each (1, ...)
};

}  // namespace unroll
