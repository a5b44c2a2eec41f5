#pragma once
/// One block of memory for buffers that are needed at different times.

#include <unroll/core/shape.h>

#include <cstdint>
#include <span>
#include <vector>

namespace unroll {

/// A buffer and the steps from which to which, both included, it is in use.
struct Lifetime {
  Index bytes = 0;
  std::uint32_t first = 0;
  std::uint32_t last = 0;
};

struct Layout {
  std::vector<Index> offsets;  // of each buffer, on a cache line of its own
  Index bytes = 0;             // of the whole
};

/// Places buffers so that two of them overlap only where they are never in use at once.
[[nodiscard]] Layout lay_out(std::span<const Lifetime> buffers);

}  // namespace unroll
