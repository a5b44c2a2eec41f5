#pragma once
/// What a sweep can do: how it reads operands, and which sums it can add up.

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

/// Leaves to their kernels the sums that no sweep or product does better; where `fuse` is on, sums
/// of element-wise values become part of their sweeps, those over several values too.
void settle_roles(Draft& draft, bool fuse);

}  // namespace unroll
