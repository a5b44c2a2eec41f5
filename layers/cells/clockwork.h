#pragma once
/// The Clockwork RNN (Koutnik, Greff, Gomez & Schmidhuber 2014): parts of h that run at their own
/// speed.

#include <unroll/layers/gate.h>
#include <unroll/ops/elementwise.h>
#include <unroll/ops/shape.h>

#include <algorithm>

namespace unroll {

/// h in groups of periods 1, 2, 4 and 8; a group runs in the steps that are multiples of its
/// period, else stays, and sees the groups as slow as itself or slower: U is block upper
/// triangular. in: (B, in) or ids (B), out: h (B, hidden).
///
/// What is open in the paper: there are four groups, or `hidden` where that is less; the first ones
/// are larger by one where `hidden` is no multiple. Time is counted from the initial state: in the
/// first step all groups run.
struct Clockwork {
  struct State {
    Var h;      // (B, hidden)
    Var phase;  // (B, groups): the steps since group k ran, modulo its period; whole numbers, which
                // something that mixes states, as zoneout does, has to leave alone
  };
  static constexpr std::string_view source = "Koutnik et al. 2014";
  static constexpr std::string_view equations =
      "for groups k = 0 ... 3 of h, T_k = 2^k:\n"
      "h_k' = tanh(W_k x + U_k h_k..3 + b_k) where phase_k = 0, else h_k\n"
      "phase_k' = (phase_k + 1) mod T_k";

  Clockwork(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden) {
    const Index count = std::min<Index>(4, hidden);
    for (Index k = 0, begin = 0; k < count; ++k) {
      const Index size = hidden / count + (k < hidden % count ? 1 : 0);
      groups.push_back({Gate(p / k, in, hidden - begin, size, options), begin, begin + size,
                        static_cast<double>(Index{1} << k)});
      begin += size;
    }
  }

  [[nodiscard]] State step(Var x, State s) const {
    std::vector<Var> h;
    std::vector<Var> phases;
    for (const Group& k : groups) {
      const Var phase = slice(s.phase, 1, ssize(h), ssize(h) + 1);
      const Var next = tanh(k.gate(x, slice(s.h, 1, k.begin, hidden)));
      h.push_back(where(equal(phase, 0), next, slice(s.h, 1, k.begin, k.end)));
      phases.push_back(where(equal(phase, k.period - 1), 0, phase + 1));
    }
    return {concat(h, 1), concat(phases, 1)};
  }

  [[nodiscard]] State zero_state(Tape& tape, Index batch) const {
    return {full(tape, {batch, hidden}, 0), full(tape, {batch, ssize(groups)}, 0)};
  }

  /// Elements [begin, end) of h.
  struct Group {
    Gate gate;
    Index begin;
    Index end;
    double period;
  };
  Index hidden;
  std::vector<Group> groups;
};

}  // namespace unroll
