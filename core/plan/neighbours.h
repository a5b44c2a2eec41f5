#pragma once
/// Matrices that lie one behind another in memory.

#include <unroll/core/shape.h>

#include <span>
#include <vector>

namespace unroll {

/// A matrix in memory, `bytes` long; null where its place is not known when a plan is made.
struct Located {
  const std::byte* address;
  Index bytes;
};

/// Splits matrices into runs of which each member begins where the one before it ends and is as
/// long. Each list holds positions in `matrices`. Which runs there are, and their order, depends on
/// what is next to what and on the order of the matrices, not on addresses otherwise; a matrix that
/// is there several times is in as many runs.
[[nodiscard]] std::vector<std::vector<std::size_t>> runs_of_neighbours(
    std::span<const Located> matrices);

}  // namespace unroll
