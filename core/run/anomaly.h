#pragma once
/// Anomaly mode: finds the first value that is not finite and says where it came from.

#include <unroll/core/graph.h>

#include <functional>
#include <string>

namespace unroll {

/// What a text says of a node behind its number: " 'f'", nothing where it has no name.
using NodeName = std::function<std::string(std::uint32_t)>;

/// Throws NonFiniteError if node `index`, just computed, holds a NaN or an infinity.
void check_finite(const Graph& graph, std::uint32_t index, const NodeName& called);

}  // namespace unroll
