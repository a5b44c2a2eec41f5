#pragma once
/// A cell over the steps of a sequence.

#include <unroll/layers/cell.h>
#include <unroll/ops/elementwise.h>
#include <unroll/ops/shape.h>

#include <optional>
#include <string_view>

namespace unroll {

/// What a cell gives over T steps: outputs (T, B, hidden) and the state after the last.
template <class S>
struct Unrolled {
  Var outputs;  // (T, B, hidden)
  S last;       // after the last step
};

/// A state of zeros for `batch` sequences: the cell's own zero_state(), or for each Var of its
/// state (batch, hidden).
template <class C>
StateOf<C> zero_state(const C& cell, Tape& tape, Index batch) {
  if constexpr (requires { cell.zero_state(tape, batch); }) {
    return cell.zero_state(tape, batch);
  } else if constexpr (!requires { Shape{batch, cell.hidden}; }) {
    static_assert(
        kNever<C>,
        "a cell has a member Index hidden, the size of its state, or a function of its own: "
        "State zero_state(Tape&, Index batch) const");
    return {};
  } else if constexpr (check_cell<C>()) {
    StateOf<C> state;
    for_each_var(state, [&](Var& var) { var = full(tape, {batch, cell.hidden}, 0); });
    return state;
  } else {
    return {};
  }
}

/// Which steps of a batch of padded sequences are real: (steps, B), 1 for the first lengths[b] of
/// sequence b, then 0. Error for a length below 0 or above `steps`.
Var length_mask(Tape& tape, std::span<const Index> lengths, Index steps);

/// `x` where the mask, of its first dimensions, is 1, and `other` where it is 0.
Var by_mask(Var mask, Var x, const Operand& other);

/// ShapeError where the parts of two states are not as many, or not of equal shapes; `where` says
/// who wants them to be.
void require_like(std::string_view where, std::span<const Var> next, std::span<const Var> before);

/// `next` where the mask (B) is 1, `before` where it is 0: a step that padding leaves as it was.
/// The two have to be of one shape.
template <class S>
S masked(Var mask, S next, const S& before) {
  const std::vector<Var> old = vars_of(before);
  require_like("a state under a mask", vars_of(next), old);
  std::size_t i = 0;
  for_each_var(next, [&](Var& var) { var = by_mask(mask, var, old[i++]); });
  return next;
}

/// ShapeError where x is not (T, B, ...) for a state of B sequences, of which this is the output.
void require_batch(Var x, Var output);

/// Which step comes first.
enum class Direction : std::uint8_t { forward, backward };

template <Cell C>
Unrolled<typename C::State> step_over(const C& cell, Var x, typename C::State state,
                                      std::optional<Var> mask, Direction direction);

/// Steps `cell` over x (T, B, in), or ids (T, B), from `state`; T >= 1. Backpropagation through
/// time is the gradient of what this records, and is written nowhere.
///
/// With a mask (`length_mask`) each sequence ends where its length says: its state stays as it is
/// from there on, and whatever stands in x there, NaN too, has no part in values or gradients.
/// Backward, the sequence is read from its last step to its first; padding, which then comes first,
/// leaves the state as it begins. Outputs stand where their inputs stand.
template <class C>
Unrolled<StateOf<C>> unroll_over(const C& cell, Var x, StartOf<C> state,
                                 std::optional<Var> mask = {},
                                 Direction direction = Direction::forward) {
  if constexpr (check_cell<C>()) {
    return step_over(cell, x, std::move(state), mask, direction);
  } else {
    return {};
  }
}

/// The steps of unroll_over().
template <Cell C>
Unrolled<typename C::State> step_over(const C& cell, Var x, typename C::State state,
                                      std::optional<Var> mask, Direction direction) {
  const Index steps = x.shape().rank() == 0 ? 0 : x.shape()[0];
  if (steps == 0) {
    fail<ShapeError>("unroll_over: x is {}: at least one step is needed", x.shape().to_string());
  }
  if (mask && (mask->shape().rank() != 2 || mask->shape()[0] != steps)) {
    fail<ShapeError>("unroll_over: a mask of {} for x of {}: ({} x batch) is needed",
                     mask->shape().to_string(), x.shape().to_string(), steps);
  }
  require_batch(x, output_of(state));
  const std::vector<Var> inputs =
      unstack(mask && is_floating(x.dtype()) ? by_mask(*mask, x, 0) : x);
  std::vector<Var> outputs(inputs.size());
  for (Index i = 0; i < steps; ++i) {
    const Index t = direction == Direction::forward ? i : steps - 1 - i;
    const Tape::StepScope scope(x.tape(), t);
    typename C::State next = require_set(step_of(cell, inputs[static_cast<std::size_t>(t)], state));
    state = mask ? masked(select(*mask, t), std::move(next), state) : std::move(next);
    outputs[static_cast<std::size_t>(t)] = output_of(state);
  }
  return {stack(outputs), state};
}

/// The same from a state that was carried over from another tape or piece of the sequence.
template <Cell C>
Unrolled<typename C::State> unroll_over(const C& cell, Var x,
                                        const Carried<typename C::State>& state,
                                        std::optional<Var> mask = {}) {
  return unroll_over(cell, x, restore(x.tape(), state), mask);
}

}  // namespace unroll
