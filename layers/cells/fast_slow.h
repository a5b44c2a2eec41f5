#pragma once
/// The fast-slow network (Mujika, Meier & Steger 2017): several cells one after another within a
/// time step, and one that runs once a step between the first two.

#include <unroll/layers/gate.h>
#include <unroll/layers/sequence.h>

namespace unroll {

/// CellOptions::depth fast cells, two or more, share one state, which each changes in turn: the
/// first reads x, the second what the slow cell makes of the first's output, the others nothing.
/// Parameters "fast.0", "fast.1", ..., "slow".
template <Cell Fast, Cell Slow>
struct FastSlow {
  struct State {
    typename Fast::State fast;
    typename Slow::State slow;
  };
  static constexpr std::string_view source = "Mujika et al. 2017";
  static constexpr std::string_view equations =
      "f = F1(x, f)\n"
      "s' = S(h(f), s)\n"
      "f = F2(h(s'), f)\n"
      "f = Fi(0, f), i = 3 ... depth";

  FastSlow(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden), slow(p / "slow", hidden, hidden, options) {
    const Index count = depth_of("fast-slow", options);
    if (count < 2) fail<Error>("fast-slow: a depth of {}: two fast cells are needed", count);
    for (Index i = 0; i < count; ++i) {
      const Input reads = i == 0 ? in : i == 1 ? Input(hidden) : Input(1);
      fast.emplace_back(p / "fast" / i, reads, hidden, options);
    }
  }

  [[nodiscard]] State step(Var x, State state) const {
    auto [f, s] = state;
    f = fast[0].step(x, f);
    s = slow.step(output_of(f), s);
    f = fast[1].step(output_of(s), f);
    for (std::size_t i = 2; i < fast.size(); ++i) {
      f = fast[i].step(full(x.tape(), {x.shape()[0], 1}, 0), f);
    }
    return {f, s};
  }
  [[nodiscard]] State zero_state(Tape& tape, Index batch) const {
    return {unroll::zero_state(fast[0], tape, batch), unroll::zero_state(slow, tape, batch)};
  }

  Index hidden;
  std::vector<Fast> fast;
  Slow slow;
};

}  // namespace unroll
