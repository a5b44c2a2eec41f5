#pragma once
/// The stage after the passes: where values lie relative to each other.

#include <unroll/core/plan/draft.h>

namespace unroll {

/// Puts the blocks of every product side by side, gates beside each other and steps in order of
/// time: what cannot move is copied. Kernels get inputs without gaps between rows.
void gather(Draft& draft);

}  // namespace unroll
