#pragma once
/// The planner: from a request to a plan.

#include <unroll/core/passes.h>
#include <unroll/core/plan/plan.h>

namespace unroll {

/// Makes a plan for a request, to be run by at most `threads` threads.
[[nodiscard]] Plan make_plan(const Graph& graph, Request request, const Passes& passes,
                             int threads);

/// Whether drafts are verified after every stage: in debug builds, and where UNROLL_PLAN_VERIFY is
/// set, as it is in tests. Plans then run on all their threads, whether that pays or not.
[[nodiscard]] bool verifies();

}  // namespace unroll
