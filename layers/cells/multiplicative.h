#pragma once
/// The multiplicative form of any cell (Sutskever, Martens & Hinton 2011; Krause et al. 2017): each
/// input has a recurrent matrix of its own, factored.

#include <unroll/layers/gate.h>
#include <unroll/layers/sequence.h>
#include <unroll/ops/elementwise.h>

namespace unroll {

/// In place of its h, the first part of its state, the cell sees m = (Wm x) (Um h).
template <Cell C>
requires PlainState<typename C::State>
struct Multiplicative {
  using State = typename C::State;
  static constexpr std::string_view source = "Sutskever et al. 2011, Krause et al. 2017";
  static constexpr std::string_view equations =
      "m = (Wm x) (Um h)\n"
      "h' = the cell's step from x and m";

  Multiplicative(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden),
        W(p / "m", in, hidden, without_bias(options)),
        U(p / "m", hidden, hidden, without_bias(options)),
        cell(p, in, hidden, options) {}

  [[nodiscard]] State step(Var x, State state) const {
    const Var m = W(x) * U(output_of(state));
    bool first = true;
    for_each_var(state, [&](Var& part) { part = std::exchange(first, false) ? m : part; });
    return cell.step(x, state);
  }
  [[nodiscard]] State zero_state(Tape& tape, Index batch) const {
    return unroll::zero_state(cell, tape, batch);
  }

  Index hidden;
  Projection W;
  Recurrent U;
  C cell;
};

}  // namespace unroll
