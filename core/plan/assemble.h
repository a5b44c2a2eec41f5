#pragma once
/// From a draft whose order is settled to a plan with addresses.

#include <unroll/core/plan/draft.h>
#include <unroll/core/plan/order.h>

namespace unroll {

/// Gives every value that is stored its place in memory and every task its step. With `reuse` the
/// memory of what does not last serves several values, one after another.
[[nodiscard]] Plan assemble(const Draft& draft, const std::vector<Task>& tasks, bool reuse);

}  // namespace unroll
