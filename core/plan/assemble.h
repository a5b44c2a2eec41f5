#pragma once
/// From a draft whose order is settled to a plan with addresses.

#include <unroll/core/plan/draft.h>
#include <unroll/core/plan/order.h>

namespace unroll {

/// Gives every value that is stored its place in memory and every task its step.
[[nodiscard]] Plan assemble(const Draft& draft, const std::vector<Task>& tasks);

}  // namespace unroll
