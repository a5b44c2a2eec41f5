#pragma once
/// Anomaly mode: finds the first value that is not finite and says where it came from.

#include <unroll/core/graph.h>

namespace unroll {

/// Throws NonFiniteError if node `index`, just computed, holds a NaN or an infinity.
void check_finite(const Graph& graph, std::uint32_t index);

}  // namespace unroll
