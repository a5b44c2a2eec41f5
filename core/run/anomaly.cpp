#include <unroll/core/op.h>
#include <unroll/core/run/anomaly.h>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace unroll {
namespace {

TensorView view_of(const Node& node) { return {node.dtype, node.shape, node.value}; }

Index first_non_finite(const Node& node) {
  if (!is_floating(node.dtype)) return -1;
  return dispatch(node.dtype, [&](auto zero) -> Index {
    const auto values = view_of(node).values<decltype(zero)>();
    const auto found =
        std::find_if_not(values.begin(), values.end(), [](auto x) { return std::isfinite(x); });
    return found == values.end() ? -1 : found - values.begin();
  });
}

std::string range_of(const Node& node) {
  std::vector<double> values = view_of(node).to_doubles();
  if (values.empty()) return "no elements";
  const auto others = std::erase_if(values, [](double x) { return !std::isfinite(x); });
  if (values.empty()) return "not finite";
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  return fmt::format("in [{:.4g}, {:.4g}]{}", *low, *high,
                     others == 0 ? "" : fmt::format(", {} not finite", others));
}

/// "nan" whatever its sign bit, which differs from one processor to the next.
std::string text_of(double x) { return std::isnan(x) ? "nan" : fmt::format("{}", x); }

/// The parameters that went into a node within its own time step, nearest first.
std::vector<std::string> parameters_of(const Graph& graph, std::uint32_t index) {
  constexpr std::size_t kMost = 8;
  constexpr std::size_t kSearched = 1000;
  std::vector<std::string> names;
  std::vector<std::uint32_t> queue{index};
  const std::int32_t step = graph.nodes[index].step;
  for (std::size_t i = 0; i < queue.size() && i < kSearched && names.size() < kMost; ++i) {
    const Node& node = graph.nodes[queue[i]];
    if (node.op->kind == OpKind::leaf && node.parameter >= 0) {
      names.push_back(node.op->describe(node.attributes));
    }
    if (node.step != step && i != 0) continue;
    for (const std::uint32_t input : graph.inputs_of(node)) {
      if (std::find(queue.begin(), queue.end(), input) == queue.end()) queue.push_back(input);
    }
  }
  return names;
}

}  // namespace

void check_finite(const Graph& graph, std::uint32_t index, const NodeName& called) {
  const Node& node = graph.nodes[index];
  const Index position = first_non_finite(node);
  if (position < 0) return;

  std::string text =
      fmt::format("{}: element {} of Var #{}{} {} is {}", node.op->name, position, index,
                  called(index), node.shape.to_string(), text_of(view_of(node).at(position)));
  if (node.step >= 0) text += fmt::format(", at time step {}", node.step);
  if (node.origin >= 0) {
    const auto origin = static_cast<std::uint32_t>(node.origin);
    text += fmt::format(", in the gradient of {} (Var #{}{})", graph.nodes[origin].op->name, origin,
                        called(origin));
  }
  for (std::size_t i = 0; i < node.input_count; ++i) {
    const Node& input = graph.input(node, static_cast<int>(i));
    text += fmt::format("; input {}: {} {} {}", i, input.op->name, input.shape.to_string(),
                        range_of(input));
  }
  const std::vector<std::string> names = parameters_of(graph, index);
  if (!names.empty()) text += fmt::format("; parameters: {}", fmt::join(names, ", "));
  throw NonFiniteError(text);
}

}  // namespace unroll
