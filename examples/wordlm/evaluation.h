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
[[nodiscard]] Evaluation evaluate(const Model& model, const std::vector<Ids>& sentences,
                                  const unroll::Processes& processes = unroll::Processes::alone());

/// Of running text, with one state carried from its first word to its last: of several processes
/// only the first has work.
[[nodiscard]] Evaluation evaluate_running(
    const Model& model, const Ids& text,
    const unroll::Processes& processes = unroll::Processes::alone());

/// log p of every token of a text but the first, each given those before it.
[[nodiscard]] std::vector<double> log_probabilities(const Model& model, const Ids& text);

}  // namespace wordlm
