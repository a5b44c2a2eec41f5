#pragma once
/// The encoder and decoder of Stanford's CS224d (lecture notes 4, "RNN translation model"), with
/// the extensions of these notes and with attention, as its equations:
///
///   h_j = f(E x_j, h_{j-1})                  the encoder reads the source words
///   s_0 = h_S                                its last state is the decoder's first
///   s_i = f(0, s_{i-1})                      the decoder of the basic model, of the same weights
///   s_i = g([E' y_{i-1}; h_S], s_{i-1})      fed the last word and the context h_S
///   s_i = g([E' y_{i-1}; c_i], s_{i-1})      with attention (Bahdanau et al. 2015):
///         c_i = Σ_j a_ij h_j, a_i = softmax_j score(s_{i-1}, h_j)
///   P(y_i) = softmax(W s_i + b)              with attention: of tanh(V [s_i; c_i]) in place of s_i
///
/// f and g are an RNN, a GRU or an LSTM, deep on request. The scores are Bahdanau's, v tanh(A s +
/// U h), and two of Luong et al. 2015, s h and s U h; V is Luong's (eq. 5).

#include <optional>

#include "translate/encoder.h"

namespace translate {

class Model {
 public:
  using State = Layers::State;

  /// Of so many ids of source words and of target words, the end of the sentence among those.
  Model(const unroll::Parameters& p, const ModelSettings& s, std::int64_t source,
        std::int64_t target)
      : dropout(s.dropout),
        E(p / "source", source, s.embedding),
        encoder(p / "encoder", s),
        out(p / "out", s.hidden, target) {
    if (s.feeds()) E_target.emplace(p / "target", target, s.embedding);
    decoder = encoder.forward;
    if (s.separates()) decoder = make_layers(p / "decoder", s, s.decoder_input());
    if (!s.attends()) return;
    attention.emplace(p / "attention", s.hidden, s.hidden, s.hidden, s.score());
    V.emplace(p / "combine", 2 * s.hidden, s.hidden);
  }

  /// What the decoder knows of the source.
  struct Memory {
    State first;                                      // s_0
    Var context;                                      // h_S: (B, hidden)
    std::optional<unroll::Attention::Memory> states;  // h_1 ... h_S, with attention
  };
  /// Reads source words (S, B), those that the mask (S, B) leaves.
  [[nodiscard]] Memory encode(Var words, Var mask, unroll::Noise* noise = nullptr) const {
    const auto drop = [&](Var x) { return dropped(x, noise); };
    const auto [h, last] = encoder.run(E(words), mask, drop);
    Memory memory{last, unroll::output_of(last), {}};
    if (attention) memory.states = attention->over(h, mask);
    return memory;
  }

  /// Target words (..., B) as the decoder reads them: (..., B, embedding); zeros in the basic
  /// model.
  [[nodiscard]] Var read(Var words, unroll::Noise* noise = nullptr) const {
    if (E_target) return dropped((*E_target)(words), noise);
    const int rank = words.shape().rank();
    return unroll::full(words.tape(), words.shape().inserted(rank, E.W.shape()[1]), 0);
  }

  struct Step {
    State state;                 // s_i
    Var features;                // (B, hidden), from which `out` predicts the word
    std::optional<Var> weights;  // a_i: (S, B), with attention
  };
  /// The step after the word y (B, embedding).
  [[nodiscard]] Step step(Var y, const State& before, const Memory& memory) const {
    Step next;
    Var context = memory.context;
    if (attention) {
      const auto attended = (*attention)(unroll::output_of(before), *memory.states);
      context = attended.context;
      next.weights = attended.weights;
    }
    next.state = decoder.step(E_target ? unroll::concat(std::array{y, context}, 1) : y, before);
    next.features = unroll::output_of(next.state);
    if (V) next.features = tanh((*V)(unroll::concat(std::array{next.features, context}, 1)));
    return next;
  }

  /// x with a part of it forgotten, while training.
  [[nodiscard]] Var dropped(Var x, unroll::Noise* noise) const {
    return noise == nullptr ? x : unroll::Dropout{dropout, *noise}(x);
  }

  double dropout;
  unroll::Embedding E;
  std::optional<unroll::Embedding> E_target;
  Encoder encoder;
  Layers decoder;
  std::optional<unroll::Attention> attention;
  std::optional<unroll::Linear> V;
  unroll::Linear out;
};

}  // namespace translate
