#pragma once
/// Cells on top of each other: each reads the output of the one below.

#include <unroll/layers/gate.h>
#include <unroll/layers/sequence.h>

namespace unroll {

/// A stack of `layers` cells of one kind is a cell again.
template <class C>
struct Stack {
  static_assert(explain_cell<C>());
  using State = std::vector<StateOf<C>>;  // of each layer, from the bottom

  Stack() = default;
  /// The lowest cell reads `in`, the others `hidden` features; parameters "0", "1", ...
  Stack(const Parameters& p, Input in, Index hidden, Index layers) { add(p, in, hidden, layers); }
  /// The same of cells that take options.
  Stack(const Parameters& p, Input in, Index hidden, Index layers, const CellOptions& options) {
    add(p, in, hidden, layers, options);
  }

  [[nodiscard]] State step(Var x, const State& state) const {
    State next;
    for (std::size_t layer = 0; layer < cells.size(); ++layer) {
      next.push_back(step_of(cells[layer], x, state[layer]));
      x = output_of(next.back());
    }
    return next;
  }

  [[nodiscard]] State zero_state(Tape& tape, Index batch) const {
    State state;
    for (const C& cell : cells) state.push_back(unroll::zero_state(cell, tape, batch));
    return state;
  }

  std::vector<C> cells;  // from the bottom

 private:
  template <class... Options>
  void add(const Parameters& p, Input in, Index hidden, Index layers, const Options&... options) {
    for (Index layer = 0; layer < layers; ++layer) {
      cells.emplace_back(p / layer, layer == 0 ? in : Input(hidden), hidden, options...);
    }
  }
};

/// What stands between layers where nothing does.
struct Unchanged {
  /// x itself.
  Var operator()(Var x) const { return x; }
};

/// What `between` makes of the input of a layer; ids stay ids.
template <class Between>
Var layer_input(Between&& between, Var x) {
  return is_floating(x.dtype()) ? between(x) : x;
}

/// Unrolls a stack layer after layer instead of step after step; the values are the same. `between`
/// is applied to the whole sequence that each layer reads and to the outputs of the last: with
/// `Dropout` that is the regularisation of Zaremba et al. 2014 (eq. 4-6), one mask a layer.
template <Cell C, class Between = Unchanged>
Unrolled<typename Stack<C>::State> unroll_layers(const Stack<C>& stack, Var x,
                                                 const typename Stack<C>::State& state,
                                                 Between&& between = {},
                                                 std::optional<Var> mask = {}) {
  typename Stack<C>::State last;
  for (std::size_t layer = 0; layer < stack.cells.size(); ++layer) {
    const auto unrolled =
        unroll_over(stack.cells[layer], layer_input(between, x), state[layer], mask);
    x = unrolled.outputs;
    last.push_back(unrolled.last);
  }
  return {between(x), last};
}

/// A cell with a shortcut (He et al. 2016; Prakash et al. 2016): its output is h + x, its state
/// that of the cell. Where x and h differ in size, as in the lowest layer of a stack, it is h.
template <class C>
struct Residual {
  static_assert(explain_cell<C>());
  using State = WithOutput<StateOf<C>>;

  /// Of a cell that there is, or of one made here.
  explicit Residual(C cell) : cell(std::move(cell)) {}
  Residual(const Parameters& p, Input in, Index hidden) : cell(p, in, hidden) {}
  Residual(const Parameters& p, Input in, Index hidden, const CellOptions& options)
      : cell(p, in, hidden, options) {}

  [[nodiscard]] State step(Var x, const State& state) const {
    const typename C::State next = step_of(cell, x, state.inner);
    const Var h = output_of(next);
    const bool fits = is_floating(x.dtype()) && x.shape() == h.shape();
    return {fits ? h + x : h, next};
  }

  [[nodiscard]] State zero_state(Tape& tape, Index batch) const {
    const typename C::State state = unroll::zero_state(cell, tape, batch);
    return {output_of(state), state};
  }

  C cell;  // without the shortcut
};

}  // namespace unroll
