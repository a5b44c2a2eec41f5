#pragma once
/// What the decoder knows of the source, and how it looks at it.

#include <optional>

#include "translate/encoder.h"

namespace translate {

/// What the encoder leaves.
struct Memory {
  Layers::State first;                              // s_0
  Var context;                                      // h_S: (B, hidden)
  std::optional<unroll::Attention::Memory> states;  // h_1 ... h_S, with attention
};

/// What a step of the decoder gives.
struct Step {
  Layers::State state;         // s_i
  Var features;                // (B, hidden), from which the word is predicted
  std::optional<Var> weights;  // a_i: (S, B), with attention
};

/// x with that part of it forgotten, while training.
[[nodiscard]] inline Var dropped(Var x, double part, unroll::Noise* noise) {
  return noise == nullptr ? x : unroll::Dropout{part, *noise}(x);
}

/// Attention, where the settings ask for it; without it the context is h_S for every word.
struct Attending {
  Attending(const unroll::Parameters& p, const ModelSettings& s) {
    if (!s.attends()) return;
    attention.emplace(p / "attention", s.hidden, s.hidden, s.hidden, s.score());
    V.emplace(p / "combine", 2 * s.hidden, s.hidden);
  }

  struct Look {
    Var context;                 // c_i, or h_S: (B, hidden)
    std::optional<Var> weights;  // a_i: (S, B), with attention
  };
  /// What the decoder sees of the source from the state s_{i-1}.
  [[nodiscard]] Look look(const Layers::State& before, const Memory& memory) const {
    if (!attention) return {memory.context, {}};
    const auto attended = (*attention)(unroll::output_of(before), *memory.states);
    return {attended.context, attended.weights};
  }

  /// What the word is predicted from: tanh(V [s_i; c_i]), or s_i.
  [[nodiscard]] Var combined(Var s, Var context) const {
    return V ? tanh((*V)(unroll::concat(std::array{s, context}, 1))) : s;
  }

  std::optional<unroll::Attention> attention;
  std::optional<unroll::Linear> V;
};

/// Target words as the decoder reads them: as vectors, or in the basic model as zeros.
struct TargetWords {
  TargetWords(const unroll::Parameters& p, const ModelSettings& s, std::int64_t words)
      : size(s.embedding), dropout(s.dropout) {
    if (s.feeds()) E.emplace(p, words, s.embedding);
  }

  /// Ids (..., B) as (..., B, embedding).
  [[nodiscard]] Var operator()(Var ids, unroll::Noise* noise = nullptr) const {
    if (E) return dropped((*E)(ids), dropout, noise);
    return unroll::full(ids.tape(), ids.shape().inserted(ids.shape().rank(), size), 0);
  }
  /// The input of a step: the word y and the context, or y alone where no word is read.
  [[nodiscard]] Var with(Var y, Var context) const {
    return E ? unroll::concat(std::array{y, context}, 1) : y;
  }

  std::int64_t size;
  double dropout;
  std::optional<unroll::Embedding> E;
};

}  // namespace translate
