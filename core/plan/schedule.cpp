#include <unroll/core/plan/schedule.h>

#include <algorithm>

namespace unroll {

void make_schedule(const Graph& graph, std::span<const std::uint32_t> targets,
                   std::vector<std::uint8_t>& marks, std::vector<std::uint32_t>& schedule) {
  schedule.clear();
  marks.resize(std::max(marks.size(), graph.nodes.size()));
  std::size_t marked = 0;
  const auto mark = [&](std::uint32_t index) {
    if (marks[index] != 0 || graph.nodes[index].value != nullptr) return;
    marks[index] = 1;
    ++marked;
  };
  std::uint32_t end = 0;
  for (const std::uint32_t target : targets) {
    mark(target);
    end = std::max(end, target + 1);
  }
  // Inputs stand before the nodes that read them: one walk backwards meets all that is needed.
  for (std::uint32_t i = end; marked > 0;) {
    if (marks[--i] == 0) continue;
    marks[i] = 0;
    --marked;
    schedule.push_back(i);
    for (const std::uint32_t input : graph.inputs_of(graph.nodes[i])) mark(input);
  }
  std::reverse(schedule.begin(), schedule.end());
}

}  // namespace unroll
