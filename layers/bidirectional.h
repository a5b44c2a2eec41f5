#pragma once
/// Sequences read in both directions (Schuster & Paliwal 1997).

#include <unroll/layers/stack.h>

namespace unroll {

/// The states of two directions.
template <class S>
struct BothWays {
  S forward;   // after the last step
  S backward;  // after the first step, where that direction ends
};
template <class S, class F>
void for_each_var(BothWays<S>& state, F&& f) {
  for_each_var(state.forward, f);
  for_each_var(state.backward, f);
}

/// Two cells of one kind, one for each direction; outputs (T, B, 2 hidden), the forward ones first.
/// Parameters "forward" and "backward".
template <class C>
struct Bidirectional {
  static_assert(explain_cell<C>());
  using State = BothWays<StateOf<C>>;

  /// Reads x (T, B, in), or ids (T, B). With a mask (`length_mask`) padding never reaches the
  /// backward direction: each sequence begins, from behind, at its own last step.
  [[nodiscard]] Unrolled<State> run(Var x, const State& state, std::optional<Var> mask = {}) const {
    const auto there = unroll_over(forward, x, state.forward, mask);
    const auto back = unroll_over(backward, x, state.backward, mask, Direction::backward);
    const std::array<Var, 2> both{there.outputs, back.outputs};
    return {concat(both, 2), {there.last, back.last}};
  }

  [[nodiscard]] State zero_state(Tape& tape, Index batch) const {
    return {unroll::zero_state(forward, tape, batch), unroll::zero_state(backward, tape, batch)};
  }

  C forward;   // reads from the first step to the last
  C backward;  // reads from the last step to the first
};

/// Layers of them, each reading both directions of the one below (Graves, Mohamed & Hinton 2013).
template <class C>
struct DeepBidirectional {
  static_assert(explain_cell<C>());
  using State = std::vector<typename Bidirectional<C>::State>;

  /// `make(parameters, input)` gives one cell; parameters "0.forward", "0.backward", "1.forward"...
  template <class Make>
  DeepBidirectional(const Parameters& p, Input in, Index hidden, Index layers, Make make) {
    for (Index layer = 0; layer < layers; ++layer) {
      const Parameters here = p / layer;
      const Input reads = layer == 0 ? in : Input(2 * hidden);
      this->layers.push_back({make(here / "forward", reads), make(here / "backward", reads)});
    }
  }

  /// As Bidirectional::run; `between`, such as Dropout, is applied to what each layer reads and to
  /// the outputs of the last.
  template <class Between = Unchanged>
  [[nodiscard]] Unrolled<State> run(Var x, const State& state, std::optional<Var> mask = {},
                                    Between&& between = {}) const {
    State last;
    for (std::size_t i = 0; i < layers.size(); ++i) {
      auto [outputs, after] = layers[i].run(layer_input(between, x), state[i], mask);
      x = outputs;
      last.push_back(std::move(after));
    }
    return {between(x), last};
  }

  [[nodiscard]] State zero_state(Tape& tape, Index batch) const {
    State state;
    for (const auto& layer : layers) state.push_back(layer.zero_state(tape, batch));
    return state;
  }

  std::vector<Bidirectional<C>> layers;  // from the bottom
};

}  // namespace unroll
