#pragma once
/// The sentiment model of the LSTM tutorial of Theano (Carrier & Cho 2014), as its equations:
///
///   x_t = E w_t                                the vector of each word
///   h_t = LSTM(x_t, h_{t-1})                   or in both directions
///   p   = mean of h_t over the words           or the last state, or attention:
///         Σ a_t h_t, a = softmax_t v tanh(A h_t)
///   P(label) = softmax(W p + b)                logistic regression, dropout before it

#include "sentiment/parts.h"

namespace sentiment {

class Model {
 public:
  /// Of `words` word ids and so many labels.
  Model(const unroll::Parameters& p, const ModelSettings& s, std::int64_t words,
        std::int64_t labels)
      : settings(s),
        E(p / "words", words, s.embedding),
        lstm(p, s),
        out(p / "out", s.state(), labels) {
    if (s.pooling == "attention") attention.emplace(p / "attention", s.state());
  }

  /// Logits (B, labels) of words as vectors (T, B, embedding), those that the mask (T, B) leaves.
  [[nodiscard]] unroll::Var logits(unroll::Var x, unroll::Var mask,
                                   unroll::Noise* noise = nullptr) const {
    unroll::Var pooled = pool(x, mask);
    if (noise != nullptr) pooled = unroll::Dropout{settings.dropout, *noise}(pooled);
    return out(pooled);
  }

  ModelSettings settings;
  unroll::Embedding E;
  Reader lstm;
  std::optional<AttentionPooling> attention;
  unroll::Linear out;

 private:
  /// A text as one vector: (B, state).
  [[nodiscard]] unroll::Var pool(unroll::Var x, unroll::Var mask) const {
    const Reader::States h = lstm(x, mask);
    if (attention) return (*attention)(h.all, mask);
    return settings.pooling == "last" ? h.last : unroll::masked_mean(h.all, mask);
  }
};

}  // namespace sentiment
