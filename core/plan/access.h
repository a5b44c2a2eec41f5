#pragma once
/// How an element-wise operation reads an input.

#include <unroll/core/plan/draft.h>

#include <optional>

namespace unroll {

/// One of the ways a sweep can read; nothing where it is none of these.
[[nodiscard]] std::optional<FusedStep::Reading> reading_of(const Draft& draft, Id input, Id result);

/// How a sweep that computes what `id` is the sum of adds it up (FusedStep::Sum::group); nothing
/// where it is no sum, or of no such kind.
[[nodiscard]] std::optional<Index> group_of_sum(const Draft& draft, Id id);

/// Whether all inputs of an element-wise operation are read in one of these ways.
[[nodiscard]] bool is_fusible(const Draft& draft, Id id);

}  // namespace unroll
