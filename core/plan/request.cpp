#include <unroll/core/plan/request.h>

#include <algorithm>

namespace unroll {

void Request::describe(const Graph& graph, std::span<const std::uint32_t> schedule,
                       std::span<const std::uint32_t> targets,
                       std::vector<std::uint32_t>& numbers) {
  constexpr std::uint32_t kUnknown = 0;  // numbers are kept one higher
  work.clear();
  sources.clear();
  inputs.clear();
  nodes.assign(schedule.begin(), schedule.end());
  numbers.resize(std::max(numbers.size(), graph.nodes.size()), kUnknown);
  const auto count = static_cast<std::uint32_t>(schedule.size());
  for (std::uint32_t i = 0; i < count; ++i) numbers[schedule[i]] = i + 1;

  for (const std::uint32_t index : schedule) {
    const Node& node = graph.nodes[index];
    work.push_back({node.op, node.attributes, node.shape, static_cast<std::uint32_t>(inputs.size()),
                    node.input_count, node.dtype, false, node.destination != nullptr});
    for (const std::uint32_t input : graph.inputs_of(node)) {
      if (numbers[input] == kUnknown) {
        const Node& source = graph.nodes[input];
        sources.push_back({source.shape, source.stride, source.dtype, source.parameter >= 0});
        nodes.push_back(input);
        numbers[input] = static_cast<std::uint32_t>(nodes.size());
      }
      inputs.push_back(numbers[input] - 1);
    }
  }
  for (const std::uint32_t target : targets) {
    const std::uint32_t number = numbers[target];
    if (number != kUnknown && number <= count) work[number - 1].target = true;
  }
  for (const std::uint32_t node : nodes) numbers[node] = kUnknown;
}

}  // namespace unroll
