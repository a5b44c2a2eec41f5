#include <unroll/core/op.h>
#include <unroll/core/run/anomaly.h>
#include <unroll/core/run/executor.h>

#include <algorithm>

namespace unroll {
namespace {

void run_view(const Graph& graph, Node& node) {
  const Node& source = graph.input(node, 0);
  const Signature signature(*node.op, graph, graph.inputs_of(node), node.attributes);
  const Index offset = node.op->view_offset(signature);
  node.value = source.value + static_cast<std::size_t>(offset) * size_of(node.dtype);
}

void run_kernel(const Graph& graph, Node& node, Arena& arena) {
  const Kernel kernel = node.op->forward[static_cast<std::size_t>(node.dtype)];
  UNROLL_CHECK(kernel != nullptr);
  const std::size_t bytes = static_cast<std::size_t>(node.shape.size()) * size_of(node.dtype);
  node.value = node.destination != nullptr ? node.destination : arena.allocate(bytes);
  kernel(KernelCall(graph, node));
}

}  // namespace

void execute(Graph& graph, std::span<const std::uint32_t> schedule, Arena& arena,
             const NodeName* called) {
  for (const std::uint32_t index : schedule) {
    Node& node = graph.nodes[index];
    try {
      if (node.op->kind == OpKind::view) {
        run_view(graph, node);
      } else {
        run_kernel(graph, node, arena);
      }
      if (called != nullptr) check_finite(graph, index, *called);
    } catch (...) {
      node.value = nullptr;  // so that asking again finds the same place
      throw;
    }
  }
}

}  // namespace unroll
