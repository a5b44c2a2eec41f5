#pragma once
/// Runs a schedule.

#include <unroll/core/graph.h>
#include <unroll/core/run/anomaly.h>
#include <unroll/core/run/arena.h>

#include <span>

namespace unroll {

/// Runs the nodes of `schedule` in order, each into memory of `arena` or to its own destination.
/// An exception leaves the nodes that have run with their values and the others without. With
/// `called`, in anomaly mode, a NaN or an infinity is a NonFiniteError.
void execute(Graph& graph, std::span<const std::uint32_t> schedule, Arena& arena,
             const NodeName* called);

}  // namespace unroll
