#include <unroll/core/plan/request.h>

#include <algorithm>

namespace unroll {

void Request::describe(const Graph& graph, std::span<const std::uint32_t> schedule,
                       std::span<const std::uint32_t> targets, bool last,
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
                    node.input_count, node.dtype, false, node.destination != nullptr,
                    last && node.destination == nullptr && node.origin >= 0 && !node.handed_out});
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
    if (number == kUnknown || number > count) continue;
    work[number - 1].target = true;
    work[number - 1].may_go = false;
  }
  if (last) settle_what_may_go(graph, numbers);
  for (const std::uint32_t node : nodes) numbers[node] = kUnknown;
}

/// `numbers` are those of nodes, one higher; 0 for a node that does not belong here.
void Request::settle_what_may_go(const Graph& graph, const std::vector<std::uint32_t>& numbers) {
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    if (numbers[i] != 0 || node.value != nullptr) continue;
    for (const std::uint32_t input : graph.inputs_of(node)) {  // it may still run
      const std::uint32_t number = numbers[input];
      if (number != 0 && number <= work.size()) work[number - 1].may_go = false;
    }
  }
  // What stays and is computed from something that goes could not be computed again.
  for (Work& one : work) {
    if (one.may_go) continue;
    for (std::uint32_t i = 0; i < one.input_count; ++i) {
      const std::uint32_t input = inputs[one.first_input + i];
      one.target = one.target || (input < work.size() && work[input].may_go);
    }
  }
}

}  // namespace unroll
