#pragma once
/// Which values are still there when a plan has run.

#include <unroll/core/plan/draft.h>

#include <cstdint>
#include <vector>

namespace unroll {

/// Flags by value, set for those that own memory which must not be used again during the run.
/// `stored` says which element-wise values are in memory at all.
[[nodiscard]] std::vector<std::uint8_t> find_lasting(const Draft& draft,
                                                     const std::vector<std::uint8_t>& stored);

}  // namespace unroll
