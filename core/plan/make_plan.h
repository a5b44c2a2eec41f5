#pragma once
/// The planner: the passes, in the order they work, and what they make.

#include <unroll/core/passes.h>
#include <unroll/core/plan/draft.h>

namespace unroll {

void accumulate(Draft& draft);
void join(Draft& draft);
void batch(Draft& draft);

/// Lets one kernel do the work of two.
void pair(Draft& draft);
/// Settles where values lie, so that products find their blocks side by side.
void place(Draft& draft);
/// Lets an assembled plan run on that many threads.
void spread(Plan& plan, int threads);

/// Makes a plan for a request, to be run by at most `threads` threads.
Plan make_plan(const Graph& graph, const Request& request, const Passes& passes, int threads);

}  // namespace unroll
