#pragma once
/// The language model: words in, a recurrent stack, a softmax over the next word.

#include <unroll/unroll.h>

#include <optional>

#include "wordlm/batches.h"
#include "wordlm/output_layer.h"
#include "wordlm/settings.h"

namespace wordlm {

/// The model of the WildML tutorial, with any cell, depth and embedding. What it does while it is
/// trained, dropout, has calls of its own: the others compute what the model says.
class Model {
 public:
  /// `words`: how many ids it reads and predicts; `counts`: how often it has to predict each, as
  /// far as the output layer needs to know (see there).
  Model(const Settings& settings, std::int64_t words, std::span<const std::int64_t> counts = {});

  using State = unroll::Stack<unroll::AnyCell>::State;
  [[nodiscard]] State start(unroll::Tape& tape, std::int64_t batch) const;

  /// Logits (T, B, words) after each of the ids x (T, B), from `state`: their softmax are the
  /// probabilities of the next word.
  struct Output {
    unroll::Var logits;
    State last;
  };
  [[nodiscard]] Output run(unroll::Var x, const State& state) const;

  /// The sum of -log p of every word of a batch, and the state after the last; of the training loss
  /// what is minimised instead of it.
  struct Loss {
    unroll::Var sum;
    State last;
  };
  [[nodiscard]] Loss loss(const Batch& batch, unroll::Tape& tape, const State& from) const;
  [[nodiscard]] Loss training_loss(const Batch& batch, unroll::Tape& tape, const State& from,
                                   unroll::Noise& noise, std::int64_t bptt = 0) const;
  /// -log p of each word of a batch (T, B), 0 behind its end, and the state after the last.
  struct Losses {
    unroll::Var each;
    State last;
  };
  [[nodiscard]] Losses losses(const Batch& batch, unroll::Tape& tape, const State& from) const;
  /// The same sum for sentences, which begin with a state of zeros.
  [[nodiscard]] unroll::Var loss(unroll::Tape& tape, const Batch& batch,
                                 std::int64_t bptt = 0) const;

  /// The loss a word to expect before training, of states near 0: ln(words) of the full softmax; of
  /// others it depends on how often the words are there.
  [[nodiscard]] double loss_to_expect(std::span<const std::int64_t> counts) const;

  [[nodiscard]] const unroll::Parameters& parameters() const { return parameters_; }
  [[nodiscard]] std::int64_t words() const { return words_; }

 private:
  using Hidden = unroll::Unrolled<State>;
  [[nodiscard]] Hidden hidden(unroll::Var x, const State& state, std::int64_t bptt) const;
  [[nodiscard]] Hidden training_hidden(unroll::Var x, const State& state, unroll::Noise& noise,
                                       std::int64_t bptt) const;

  unroll::Parameters parameters_;
  std::int64_t words_;
  std::int64_t outputs_;  // units that the output layer reads
  double dropout_;
  std::optional<unroll::Embedding> embedding_;
  unroll::Stack<unroll::AnyCell> stack_;
  std::optional<OutputLayer> output_;
};

}  // namespace wordlm
