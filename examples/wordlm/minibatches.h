#pragma once
/// The minibatches of an epoch, of sentences or of running text.

#include <unroll/optim/processes.h>

#include <functional>

#include "wordlm/batches.h"
#include "wordlm/settings.h"

namespace wordlm {

/// So many minibatches, of each this process's part, made when it is asked for.
struct Minibatches {
  std::int64_t count = 0;
  std::int64_t words = 0;  // of all of them
  std::function<Batch(std::int64_t)> make;
};

/// Those of one epoch over `text`: sentences, or running text alone.
/// Which batches there are, and in which order, does not depend on the number of processes.
[[nodiscard]] Minibatches minibatches(
    const SentenceList& text, const Settings& settings, std::int64_t epoch,
    const unroll::Processes& processes = unroll::Processes::alone());

}  // namespace wordlm
