#pragma once
/// Random operations: functions of a key, so that they can be run again and give the same.

#include <unroll/core/tape.h>

namespace unroll {

/// Sequences of a batch that several processes share: those from number `first` on of `of` in all.
/// With `of` 0 a process has the whole batch.
struct BatchPart {
  Index first = 0;  // its number in the batch
  Index of = 0;     // sequences of the whole batch
};

/// What a random mask is drawn from: one mask a (seed, site, step). Give every place in a network
/// that drops its own site, and every training step its own number. Where x has a part of a batch,
/// it gets that part of the whole batch's mask.
struct RandomKey {
  std::uint64_t seed = 0;  // of the run
  std::int64_t site = 0;   // of the place in the network
  std::int64_t step = 0;   // of the training
  BatchPart part = {};     // of the batch
  int axis = 0;            // of x, along which the sequences of that part lie
};

/// Each element is 0 with probability `rate`, else divided by 1 - rate (inverted dropout,
/// Srivastava et al. 2014): the mean stays. The mask is not stored; the gradient draws it again.
/// Error unless 0 <= rate < 1, or where x does not have the part of a batch that the key names.
Var dropout(Var x, double rate, const RandomKey& key);

}  // namespace unroll
