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

#include "translate/attending.h"

namespace translate {

struct Model {
  using State = Layers::State;

  /// Of so many ids of source words and of target words, the end of the sentence among those.
  Model(const unroll::Parameters& p, const ModelSettings& s, std::int64_t source,
        std::int64_t target)
      : dropout(s.dropout),
        E(p / "source", source, s.embedding),
        read(p / "target", s, target),
        encoder(p / "encoder", s),
        decoder(s.separates() ? make_layers(p / "decoder", s, s.decoder_input()) : encoder.forward),
        attending(p, s),
        out(p / "out", s.hidden, target) {}

  /// Reads source words (S, B), those that the mask (S, B) leaves.
  [[nodiscard]] Memory encode(Var words, Var mask, unroll::Noise* noise = nullptr) const {
    const auto drop = [&](Var x) { return dropped(x, dropout, noise); };
    const auto [h, last] = encoder.run(E(words), mask, drop);
    Memory memory{last, unroll::output_of(last), {}};
    if (attending.attention) memory.states = attending.attention->over(h, mask);
    return memory;
  }

  /// The step after the word y (B, embedding).
  [[nodiscard]] Step step(Var y, const State& before, const Memory& memory) const {
    const auto [context, weights] = attending.look(before, memory);
    const State s = decoder.step(read.with(y, context), before);
    return {s, attending.combined(unroll::output_of(s), context), weights};
  }

  double dropout;
  unroll::Embedding E;
  TargetWords read;
  Encoder encoder;
  Layers decoder;
  Attending attending;
  unroll::Linear out;
};

}  // namespace translate
