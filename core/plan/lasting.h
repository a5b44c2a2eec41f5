#pragma once
/// Which values are still there when a plan has run.

#include <unroll/core/plan/draft.h>

namespace unroll {

/// Flags by value, set for those that own memory which must not be used again during the run.
[[nodiscard]] std::vector<std::uint8_t> find_lasting(const Draft& draft);

}  // namespace unroll
