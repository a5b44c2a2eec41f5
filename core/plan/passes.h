#pragma once
/// The passes. Each changes a draft and leaves it consistent; without it a plan gives the same
/// values in more time. core/passes.h switches them, passes.cpp lists them.

#include <unroll/core/passes.h>
#include <unroll/core/plan/draft.h>

#include <functional>
#include <string_view>

namespace unroll {

void accumulate(Draft& draft);
void join(Draft& draft);
void batch(Draft& draft);
void fuse(Draft& draft);
void place(Draft& draft);
void spread(Draft& draft);

/// Runs the passes that are switched on, in the order of the table, and calls `after` with the name
/// of each when it has run.
void run_passes(Draft& draft, const Passes& passes,
                const std::function<void(std::string_view)>& after);

}  // namespace unroll
