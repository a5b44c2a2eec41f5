#pragma once
/// Training.

#include <string>

#include "common/interrupt.h"
#include "common/saver.h"
#include "wordlm/checkpoint.h"
#include "wordlm/corpus.h"
#include "wordlm/evaluation.h"
#include "wordlm/run_log.h"

namespace wordlm {

/// Once it is set, training saves and stops after the step it is at.
using examples::interrupted;

/// How a training ended.
struct Ending {
  bool complete = false;           ///< false: it was interrupted
  double seconds_of_training = 0;  ///< in training steps: without evaluations and saves
};

/// Trains until the epochs of the settings are complete, or their patience is at its end, from
/// where the checkpoint's progress stands. After every epoch it prints a line, adds one to `log`
/// and saves; it saves as often as `saver` says and when it is interrupted, too. Throws
/// unroll::Error where the loss is no longer a number, or after an epoch three times that of
/// guessing; the file saved last stays good. Throws unroll::IoError at the beginning and the
/// end of an epoch where another program has changed a file that the sets are in. With `anomaly` it
/// stops at the operation that makes the first NaN or infinity (unroll::NonFiniteError).
///
/// The sets are sentences, or where the settings say running text, that text alone; without a test
/// set the training set is measured.
///
/// Several processes, all with the same checkpoint and sets, train together: each computes the
/// gradient of its part of a batch, and all change their weights by the sum. To rounding, the
/// numbers are those of one process. Only the first needs a path to save to and a log. Where it
/// fails in all of them, the others throw unroll::FailedElsewhere.
Ending train(Checkpoint& checkpoint, const SentenceList& train_set, const SentenceList& test_set,
             examples::Saver& saver, RunLog& log, bool anomaly = false,
             const unroll::Processes& processes = unroll::Processes::alone());

/// The loss of a set as `train` measures it.
[[nodiscard]] Evaluation measure(const Checkpoint& checkpoint, const SentenceList& set,
                                 const unroll::Processes& processes = unroll::Processes::alone());

}  // namespace wordlm
