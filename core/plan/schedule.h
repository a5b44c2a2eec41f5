#pragma once
/// Which nodes run, in which order: every node a target needs that has not run, once, in the order
/// of recording. This is the plain path, one node at a time; passes that make larger kernels of
/// nodes stand beside it in this folder and are tested against it.

#include <unroll/core/graph.h>

#include <span>
#include <vector>

namespace unroll {

/// Writes the nodes to run into `schedule`, ascending. `marks` is memory kept between calls: all
/// zero before and after. Costs time in proportion to the nodes between the first and the last.
void make_schedule(const Graph& graph, std::span<const std::uint32_t> targets,
                   std::vector<std::uint8_t>& marks, std::vector<std::uint32_t>& schedule);

}  // namespace unroll
