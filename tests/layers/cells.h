#pragma once
/// What the tests of cells share.

#include "support.h"

#include <set>

namespace unroll::testing {

/// Options under which no bias and no weight is a special value.
inline CellOptions random_options() {
  CellOptions options;
  options.W = uniform(0.8);
  options.U = uniform(0.8);
  options.b = uniform(0.5);
  return options;
}

/// x for a cell: (steps, batch, features), or ids (steps, batch).
inline Tensor random_input(Input in, Index steps, Index batch, std::uint64_t seed = 5) {
  return in.ids ? random_ids({steps, batch}, seed, in.size)
                : random_tensor({steps, batch, in.size}, seed, -1, 1);
}

/// A state of the cell with random values instead of zeros.
template <Cell C>
typename C::State random_state(const C& cell, Tape& tape, Index batch, std::uint64_t seed = 9) {
  typename C::State state = zero_state(cell, tape, batch);
  for_each_var(state,
               [&](Var& var) { var = tape.input(random_tensor(var.shape(), seed++, -0.9, 0.9)); });
  return state;
}

/// A state to begin with that the cell could be in: random, but for the cells whose states are not
/// any numbers (the normaliser of an sLSTM is positive, the phases of a clockwork count, keys of an
/// NTM have a length) where the cell is after two steps from its zero state, as a constant.
inline AnyState start_state(const CellEntry& entry, const AnyCell& cell, Tape& tape, Input in,
                            Index batch) {
  const std::set<std::string_view> from_zero{"slstm", "clockwork", "ntm"};
  if (!from_zero.contains(entry.name)) return random_state(cell, tape, batch);
  const Var x = tape.input(random_input(in, 2, batch, 13));
  AnyState state = unroll_over(cell, x, zero_state(cell, tape, batch)).last;
  for_each_var(state, [](Var& var) { var = stop_gradient(var); });
  return state;
}

/// Whether a part of a cell's state counts steps: it has no gradient.
inline bool counts_steps(const CellEntry& entry, std::size_t part) {
  return entry.name == "clockwork" && part == 1;
}

/// All parts of a state and the outputs as one vector of numbers.
template <class S>
Var all_of(const Unrolled<S>& unrolled) {
  std::vector<Var> parts{reshape(unrolled.outputs, {unrolled.outputs.shape().size()})};
  for (const Var& var : vars_of(unrolled.last)) parts.push_back(reshape(var, {var.shape().size()}));
  return concat(parts, 0);
}

}  // namespace unroll::testing
