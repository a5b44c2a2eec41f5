#pragma once
/// The language model: words in, a recurrent stack, a softmax over the next word.

#include <unroll/unroll.h>

#include <optional>

#include "wordlm/batches.h"
#include "wordlm/settings.h"

namespace wordlm {

/// The model of the WildML tutorial, with any cell, depth and embedding. What it does while it is
/// trained, dropout, has calls of its own: the others compute what the model says.
class Model {
 public:
  /// `words`: how many ids it reads and predicts.
  Model(const Settings& settings, std::int64_t words);

  using State = unroll::Stack<unroll::AnyCell>::State;
  [[nodiscard]] State start(unroll::Tape& tape, std::int64_t batch) const;

  /// Logits (T, B, words) after each of the ids x (T, B), from `state`.
  struct Output {
    unroll::Var logits;
    State last;
  };
  [[nodiscard]] Output run(unroll::Var x, const State& state) const;

  /// The sum of -log p of every word of a batch, and the state after the last.
  struct Loss {
    unroll::Var sum;
    State last;
  };
  [[nodiscard]] Loss loss(const Batch& batch, unroll::Tape& tape, const State& from) const;
  [[nodiscard]] Loss training_loss(const Batch& batch, unroll::Tape& tape, const State& from,
                                   unroll::Noise& noise, std::int64_t bptt = 0) const;
  /// The same sum for sentences, which begin with a state of zeros.
  [[nodiscard]] unroll::Var loss(unroll::Tape& tape, const Batch& batch,
                                 std::int64_t bptt = 0) const;

  [[nodiscard]] const unroll::Parameters& parameters() const { return parameters_; }
  [[nodiscard]] std::int64_t words() const { return words_; }

 private:
  using Hidden = unroll::Unrolled<State>;
  [[nodiscard]] Hidden hidden(unroll::Var x, const State& state, std::int64_t bptt) const;
  [[nodiscard]] Hidden training_hidden(unroll::Var x, const State& state, unroll::Noise& noise,
                                       std::int64_t bptt) const;
  [[nodiscard]] unroll::Var sum_of_losses(unroll::Var outputs, const Batch& batch) const;

  unroll::Parameters parameters_;
  std::int64_t words_;
  double dropout_;
  std::optional<unroll::Embedding> embedding_;
  unroll::Stack<unroll::AnyCell> stack_;
  std::optional<unroll::Linear> output_;
};

}  // namespace wordlm
