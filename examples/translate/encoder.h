#pragma once
/// The layers of cells that a translator is made of, and the encoder.

#include <optional>

#include "translate/settings.h"

namespace translate {

using unroll::Var;
using Layers = unroll::Stack<unroll::AnyCell>;

inline unroll::AnyCell make_cell(const unroll::Parameters& p, const ModelSettings& s,
                                 unroll::Input in, unroll::Index hidden) {
  return unroll::find_cell(s.cell).make(p, in, hidden, {});
}

/// Layers of cells, the lowest of which reads `in` features.
inline Layers make_layers(const unroll::Parameters& p, const ModelSettings& s, unroll::Index in) {
  Layers layers;
  for (unroll::Index i = 0; i < s.layers; ++i) {
    layers.cells.push_back(make_cell(p / i, s, i == 0 ? in : s.hidden, s.hidden));
  }
  return layers;
}

/// Layers that read a source sentence. Those of both directions have half of the units in each:
/// their states are as large as those of one direction, the forward units first.
struct Encoder {
  Encoder(const unroll::Parameters& p, const ModelSettings& s) {
    if (!s.both_ways) {
      forward = make_layers(p, s, s.embedding);
      return;
    }
    both.emplace(p, s.embedding, s.hidden / 2, s.layers,
                 [&](const unroll::Parameters& here, unroll::Input in) {
                   return make_cell(here, s, in, s.hidden / 2);
                 });
  }

  /// Reads x (S, B, embedding), those words that the mask (S, B) leaves; `between` is applied to
  /// what each layer reads and to the outputs of the last.
  template <class Between>
  [[nodiscard]] unroll::Unrolled<Layers::State> run(Var x, Var mask, Between&& between) const {
    const unroll::Index batch = x.shape()[1];
    if (!both) {
      return unroll::unroll_layers(forward, x, forward.zero_state(x.tape(), batch), between, mask);
    }
    const auto read = both->run(x, both->zero_state(x.tape(), batch), mask, between);
    Layers::State last;
    for (const auto& [there, back] : read.last) {
      last.push_back(there);
      for (std::size_t i = 0; i < there.vars.size(); ++i) {
        last.back().vars[i] = unroll::concat(std::array{there.vars[i], back.vars[i]}, 1);
      }
    }
    return {read.outputs, last};
  }

  Layers forward;
  std::optional<unroll::DeepBidirectional<unroll::AnyCell>> both;  // in place of `forward`
};

}  // namespace translate
