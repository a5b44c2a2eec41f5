#pragma once
/// A sentence from a vector z, one to many (Vinyals, Toshev, Bengio & Erhan 2015, equations 10-12):
///
///   x_-1 = A z             z is read once, before the first word (--condition start), or
///   x_t  = E w_t + A z     with every word (--condition every); otherwise x_t = E w_t
///   h_t  = LSTM(x_t, h_{t-1})
///   P(w_{t+1}) = softmax(W h_t + b)

#include <unroll/unroll.h>

namespace caption {

struct ModelSettings {
  std::int64_t embedding = 32;
  std::int64_t hidden = 64;
  bool every = false;  // whether z is read with every word
};

struct Model {
  Model(const unroll::Parameters& p, const ModelSettings& s, std::int64_t scene, std::int64_t words)
      : every(s.every),
        A(p / "scene", scene, s.embedding),
        E(p / "words", words, s.embedding),
        lstm(p / "lstm", s.embedding, s.hidden),
        out(p / "out", s.hidden, words) {}

  /// The state before the first word, from z (B, scene).
  [[nodiscard]] unroll::Lstm::State start(unroll::Var z) const {
    const auto zero = unroll::zero_state(lstm, z.tape(), z.shape()[0]);
    return every ? zero : lstm.step(A(z), zero);
  }
  /// x of words (B) or (T, B): (..., B, embedding).
  [[nodiscard]] unroll::Var input(unroll::Var words, unroll::Var z) const {
    return every ? E(words) + A(z) : E(words);
  }

  bool every;
  unroll::Linear A;
  unroll::Embedding E;
  unroll::Lstm lstm;
  unroll::Linear out;
};

}  // namespace caption
