#pragma once
/// The planner: from a request to a plan.

#include <unroll/core/passes.h>
#include <unroll/core/plan/plan.h>

namespace unroll {

/// Makes a plan for a request, to be run by at most `threads` threads.
[[nodiscard]] Plan make_plan(const Graph& graph, Request request, const Passes& passes,
                             int threads);

}  // namespace unroll
