#pragma once
/// Element-wise operations, many in one sweep.

#include <unroll/core/plan/plan.h>

#include <span>

namespace unroll {

/// Runs the part of a step that falls to thread `thread` of `threads`. `bases` is where each base
/// of a Rect lies.
void run_fused(const FusedStep& step, DType dtype, std::span<std::byte* const> bases, int thread,
               int threads);

}  // namespace unroll
