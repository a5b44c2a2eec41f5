#pragma once
/// How a sweep reads operands, and which sums it can add up.

#include <unroll/core/plan/draft.h>

#include <optional>

namespace unroll {

/// How an element-wise operation reads an input; nothing where no sweep can.
[[nodiscard]] std::optional<FusedStep::Reading> reading_of(const Draft& draft, Id input, Id result);

/// Whether the inputs of an element-wise operation are as many as a sweep takes, and it can read
/// all.
[[nodiscard]] bool is_fusible(const Draft& draft, Id id);

/// How a value with Role::sum could be read beside what it is the sum of.
[[nodiscard]] FusedStep::Reading reading_of_sum(const Draft& draft, Id sum);

}  // namespace unroll
