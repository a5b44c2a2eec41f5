#pragma once
/// Cells on top of each other: each reads the output of the one below.

#include <unroll/layers/gate.h>
#include <unroll/layers/sequence.h>

namespace unroll {

/// A stack of `layers` cells of one kind is a cell again.
template <Cell C>
struct Stack {
  using State = std::vector<typename C::State>;  // of each layer, from the bottom

  Stack() = default;
  /// The lowest cell reads `in`, the others `hidden` features; parameters "0", "1", ...
  Stack(const Parameters& p, Input in, Index hidden, Index layers,
        const CellOptions& options = {}) {
    for (Index layer = 0; layer < layers; ++layer) {
      cells.emplace_back(p / layer, layer == 0 ? in : Input(hidden), hidden, options);
    }
  }

  [[nodiscard]] State step(Var x, const State& state) const {
    State next;
    for (std::size_t layer = 0; layer < cells.size(); ++layer) {
      next.push_back(cells[layer].step(x, state[layer]));
      x = output_of(next.back());
    }
    return next;
  }

  [[nodiscard]] State zero_state(Tape& tape, Index batch) const {
    State state;
    for (const C& cell : cells) state.push_back(unroll::zero_state(cell, tape, batch));
    return state;
  }

  std::vector<C> cells;
};

}  // namespace unroll
