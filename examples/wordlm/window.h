#pragma once
/// The model that recurrent ones replaced: a window of the words before.

#include <unroll/unroll.h>

namespace wordlm {

/// The hidden layer of the neural model of Bengio, Ducharme, Vincent & Jauvin 2003, section 2, as a
/// cell whose state is the window. With x the vectors of the `order` - 1 words before, one behind
/// the other, the logits of the next word are
///
///     y = b + W x + U tanh(d + H x)
///
/// where W and U are the halves of the output layer's weights, which reads (tanh(d + H x), x).
/// Before a text the vectors are zeros.
struct Window {
  struct State {
    unroll::Var out;  // (B, hidden + (order - 1) in), what the output layer reads
    unroll::Var x;    // (B, (order - 1) in), the oldest word first
  };

  /// in: (B, in), a word's vector.
  Window(const unroll::Parameters& p, std::int64_t in, std::int64_t hidden, std::int64_t order)
      : in(in), words(order - 1), hidden(hidden), H(p / "H", words * in, hidden) {}

  [[nodiscard]] State step(unroll::Var word, const State& before) const {
    const unroll::Var kept = unroll::slice(before.x, 1, in, words * in);
    const unroll::Var x = words > 1 ? unroll::concat(std::array{kept, word}, 1) : word;
    return {unroll::concat(std::array{unroll::tanh(H(x)), x}, 1), x};
  }

  [[nodiscard]] State zero_state(unroll::Tape& tape, std::int64_t batch) const {
    const auto zeros = [&](std::int64_t size) {
      return tape.input(unroll::Tensor(tape.dtype(), {batch, size}));
    };
    return {zeros(hidden + words * in), zeros(words * in)};
  }

  std::int64_t in;
  std::int64_t words;  // of the window
  std::int64_t hidden;
  unroll::Linear H;  // and d
};

}  // namespace wordlm
