#pragma once
/// The last stage: tasks whose values have their places become a plan.

#include <unroll/core/plan/storage.h>

namespace unroll {

/// Writes the steps of a plan, and where the values of nodes can be found when it has run.
[[nodiscard]] Plan emit(const Draft& draft, const std::vector<Task>& tasks, const Storage& storage,
                        const Layout& layout);

}  // namespace unroll
