#pragma once
/// What the sentiment model is made of: its settings, the layer that reads words, and attention.

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

  [[nodiscard]] std::int64_t state() const { return both_ways ? 2 * hidden : hidden; }
};

/// An LSTM that reads in one direction or, with units of its own for each, in both.
struct Reader {
  struct States {
    unroll::Var all;   // (T, B, state)
    unroll::Var last;  // (B, state): after the last word, and of the other direction the first
  };

  Reader(const unroll::Parameters& p, const ModelSettings& s)
      : forward(p / "forward", s.embedding, s.hidden) {
    if (s.both_ways) backward.emplace(p / "backward", s.embedding, s.hidden);
  }

  /// Reads words as vectors (T, B, embedding), those that the mask (T, B) leaves.
  [[nodiscard]] States operator()(unroll::Var x, unroll::Var mask) const {
    using namespace unroll;
    const Index batch = x.shape()[1];
    const auto there = unroll_over(forward, x, zero_state(forward, x.tape(), batch), mask);
    if (!backward) return {there.outputs, there.last.h};
    const auto back = unroll_over(*backward, x, zero_state(*backward, x.tape(), batch), mask,
                                  Direction::backward);
    return {concat(std::array{there.outputs, back.outputs}, 2),
            concat(std::array{there.last.h, back.last.h}, 1)};
  }

  unroll::Lstm forward;
  std::optional<unroll::Lstm> backward;
};

/// States (T, B, size) as one (B, size): Σ a_t h_t, a = softmax_t v tanh(A h_t).
struct AttentionPooling {
  AttentionPooling(const unroll::Parameters& p, std::int64_t size)
      : A(p / "A", size, size), v(p / "v", size, 1, /*bias=*/false) {}

  [[nodiscard]] unroll::Var operator()(unroll::Var h, unroll::Var mask) const {
    using namespace unroll;
    const Var scores = v(tanh(A(h)));                                      // (T, B, 1)
    const Var a = masked_softmax(reshape(scores, mask.shape()), mask, 0);  // over the words
    return sum(reshape(a, scores.shape()) * h, 0);
  }

  unroll::Linear A, v;
};

}  // namespace sentiment
