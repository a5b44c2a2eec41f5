#pragma once
/// Training and evaluation.

#include <string>

#include "common/interrupt.h"
#include "wordlm/checkpoint.h"
#include "wordlm/corpus.h"

namespace wordlm {

/// Once it is set, training saves and stops after the step it is at.
using examples::interrupted;

/// The mean of -log p per word of sentences, and how many words they have.
struct Evaluation {
  double loss = 0;
  std::int64_t words = 0;
};
[[nodiscard]] Evaluation evaluate(const Model& model, const std::vector<Ids>& sentences);

/// log p of each sentence, SENTENCE_END included.
[[nodiscard]] std::vector<double> score(const Model& model, const std::vector<Ids>& sentences);

/// Trains until the epochs of the settings are complete, printing a line an epoch, and saves to
/// `save` (empty: nowhere) after every epoch, every five minutes and on interruption. Goes on
/// exactly where the checkpoint's progress stands. Returns false where it was interrupted. Throws
/// unroll::Error where the loss is no longer a number, or after an epoch ten times that of
/// guessing; what was last saved is then still good. With `anomaly` it stops at the operation that
/// makes the first NaN or infinity (unroll::NonFiniteError).
bool train(Checkpoint& checkpoint, const std::vector<Ids>& train_set,
           const std::vector<Ids>& test_set, const std::string& save, bool anomaly = false);

}  // namespace wordlm
