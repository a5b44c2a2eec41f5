#pragma once
/// Random operations: functions of a key, so that they can be run again and give the same.

#include <unroll/core/tape.h>

namespace unroll {

/// What a random mask is drawn from: one mask a (seed, site, step). Give every place in a network
/// that drops its own site, and every training step its own number.
struct RandomKey {
  std::uint64_t seed = 0;  // of the run
  std::int64_t site = 0;   // of the place in the network
  std::int64_t step = 0;   // of the training
};

/// Each element is 0 with probability `rate`, else divided by 1 - rate (inverted dropout,
/// Srivastava et al. 2014): the mean stays. The mask is not stored; the gradient draws it again.
/// Error unless 0 <= rate < 1.
Var dropout(Var x, double rate, const RandomKey& key);

}  // namespace unroll
