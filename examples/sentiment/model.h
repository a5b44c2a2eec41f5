#pragma once
/// The sentiment model of the LSTM tutorial of Theano (Carrier & Cho 2014), as its equations:
///
///   x_t = E w_t                                the vector of each word
///   h_t = LSTM(x_t, h_{t-1})                   or in both directions
///   p   = mean of h_t over the words           or the last state, or attention:
///         Σ a_t h_t, a = softmax_t v tanh(A h_t)
///   P(label) = softmax(W p + b)                logistic regression, dropout before it

#include <unroll/unroll.h>

#include <optional>
#include <string>

namespace sentiment {

struct ModelSettings {
  std::int64_t embedding = 64;
  std::int64_t hidden = 64;
  bool both_ways = false;
  std::string pooling = "mean";  // "mean", "last" or "attention"
  double dropout = 0.5;          // of p, while training
};

class Model {
 public:
  /// Of `words` word ids and so many labels.
  Model(const unroll::Parameters& p, const ModelSettings& s, std::int64_t words,
        std::int64_t labels)
      : settings(s),
        size(s.both_ways ? 2 * s.hidden : s.hidden),
        E(p / "words", words, s.embedding),
        forward(p / "forward", s.embedding, s.hidden),
        out(p / "out", size, labels) {
    if (s.both_ways) backward.emplace(p / "backward", s.embedding, s.hidden);
    if (s.pooling == "attention") {
      A.emplace(p / "attention" / "A", size, size);
      v.emplace(p / "attention" / "v", size, 1, /*bias=*/false);
    }
  }

  /// Logits (B, labels) of words as vectors (T, B, embedding), those that the mask (T, B) leaves.
  [[nodiscard]] unroll::Var logits(unroll::Var x, unroll::Var mask,
                                   unroll::Noise* noise = nullptr) const {
    unroll::Var pooled = pool(x, mask);
    if (noise != nullptr) pooled = unroll::Dropout{settings.dropout, *noise}(pooled);
    return out(pooled);
  }

  ModelSettings settings;
  std::int64_t size;  // of the pooled vector
  unroll::Embedding E;
  unroll::Lstm forward;
  std::optional<unroll::Lstm> backward;
  std::optional<unroll::Linear> A, v;
  unroll::Linear out;

 private:
  /// A text as one vector: (B, size).
  [[nodiscard]] unroll::Var pool(unroll::Var x, unroll::Var mask) const {
    using namespace unroll;
    const Index batch = x.shape()[1];
    auto [h, last] = unroll_over(forward, x, zero_state(forward, x.tape(), batch), mask);
    Var end = last.h;
    if (backward) {
      const auto [back, first] = unroll_over(*backward, x, zero_state(*backward, x.tape(), batch),
                                             mask, Direction::backward);
      h = concat(std::array{h, back}, 2);
      end = concat(std::array{end, first.h}, 1);
    }
    if (settings.pooling == "last") return end;
    if (settings.pooling == "mean") return masked_mean(h, mask);
    const Var scores = (*v)(tanh((*A)(h)));                                // (T, B, 1)
    const Var a = masked_softmax(reshape(scores, mask.shape()), mask, 0);  // over the words
    return sum(reshape(a, scores.shape()) * h, 0);
  }
};

}  // namespace sentiment
