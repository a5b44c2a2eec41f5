#pragma once
/// The minibatches of an epoch, of sentences or of running text.

#include <functional>

#include "wordlm/batches.h"
#include "wordlm/settings.h"

namespace wordlm {

/// So many minibatches, each made when it is asked for.
struct Minibatches {
  std::int64_t count = 0;
  std::int64_t words = 0;  // of all of them
  std::function<Batch(std::int64_t)> make;
};

/// Those of one epoch over `text`, which has to outlive them: sentences, or running text alone.
[[nodiscard]] Minibatches minibatches(const std::vector<Ids>& text, const Settings& settings,
                                      std::int64_t epoch);

}  // namespace wordlm
