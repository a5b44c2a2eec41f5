#pragma once
/// Which layer of a model each node belongs to, found from the names of the parameters it reads.

#include <unroll/core/graph.h>

#include <span>
#include <string>
#include <vector>

namespace unroll {

/// The layers of some nodes of a graph.
struct Layers {
  static constexpr std::int32_t kNone = -1;
  std::vector<std::string> names;     // in the order in which their first nodes were recorded
  std::vector<std::int32_t> of_node;  // by node of the graph: into `names`, kNone: of no layer
};

/// The layers of `nodes`, ascending. A layer is a branch of the parameter tree ("encoder.0",
/// "output"): gates that read the same value at the same time step are one cell, and so is whatever
/// stands in the tree below the branch they share. A node that reads no parameter belongs to the
/// layer of its inputs, of several to the one that was recorded last.
[[nodiscard]] Layers find_layers(const Graph& graph, std::span<const std::uint32_t> nodes);

}  // namespace unroll
