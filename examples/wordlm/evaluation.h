#pragma once
/// What a trained model says about texts. All of it throws examples::Interrupted where Ctrl-C asks
/// for an end.

#include "wordlm/model.h"

namespace wordlm {

/// The mean of -log p per word of a text, and how many words it has.
struct Evaluation {
  double loss = 0;
  std::int64_t words = 0;
};

/// Throws examples::Interrupted in all processes where any is interrupted.
void stop_if_interrupted(const unroll::Processes& processes);

/// Of sentences, each from a state of zeros. Several processes deal the sentences out among them.
[[nodiscard]] Evaluation evaluate(const Model& model, const SentenceList& sentences,
                                  const unroll::Processes& processes = unroll::Processes::alone());

/// Of running text, the first sentence of `text`, with one state carried from its first word to its
/// last: of several processes only the first has work.
[[nodiscard]] Evaluation evaluate_running(
    const Model& model, const SentenceList& text,
    const unroll::Processes& processes = unroll::Processes::alone());

/// Scores one text after another: what a text of some length needed is kept for the next such.
class Scorer {
 public:
  /// The model has to outlive the object.
  explicit Scorer(const Model& model) : model_(model), tape_(model.parameters().dtype()) {}

  /// log p of every token of a text but the first, each given those before it.
  [[nodiscard]] std::vector<double> operator()(std::span<const std::int32_t> text);

 private:
  const Model& model_;
  unroll::Tape tape_;
};

/// The same of one text.
[[nodiscard]] std::vector<double> log_probabilities(const Model& model,
                                                    std::span<const std::int32_t> text);

}  // namespace wordlm
