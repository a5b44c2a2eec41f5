#include <unroll/core/plan/schedule.h>

#include <algorithm>

namespace unroll {

void make_schedule(const Graph& graph, std::span<const std::uint32_t> targets,
                   std::vector<std::uint8_t>& marks, std::vector<std::uint32_t>& schedule) {
  schedule.clear();
  marks.resize(std::max(marks.size(), graph.nodes.size()));
  const auto visit = [&](std::uint32_t index) {
    if (graph.nodes[index].value != nullptr || marks[index] != 0) return;
    marks[index] = 1;
    schedule.push_back(index);
  };
  for (const std::uint32_t target : targets) visit(target);
  for (std::size_t i = 0; i < schedule.size(); ++i) {
    for (const std::uint32_t input : graph.inputs_of(graph.nodes[schedule[i]])) visit(input);
  }
  if (schedule.empty()) return;

  // The marks say what is needed; reading them in order is sorting it.
  const auto [first, last] = std::minmax_element(schedule.begin(), schedule.end());
  std::size_t count = 0;
  for (std::uint32_t i = *first, end = *last; i <= end; ++i) {
    if (marks[i] == 0) continue;
    marks[i] = 0;
    schedule[count++] = i;
  }
}

}  // namespace unroll
