#include <unroll/core/op.h>
#include <unroll/core/view/layers.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <string_view>
#include <tuple>

namespace unroll {
namespace {

bool is_parameter(const Node& node) {
  return node.op->kind == OpKind::leaf && node.parameter >= 0 && node.op->describe != nullptr;
}

/// "a.b" of "a.b.c"; "" of "a".
std::string parent_of(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  return std::string(dot == std::string_view::npos ? std::string_view() : name.substr(0, dot));
}

bool is_number(std::string_view text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](unsigned char c) { return std::isdigit(c); });
}

class LayerSearch {
 public:
  LayerSearch(const Graph& graph, std::span<const std::uint32_t> nodes)
      : graph_(graph), nodes_(nodes), branch_(graph.nodes.size()), reads_(graph.nodes.size(), 0) {
    layers_.of_node.assign(graph.nodes.size(), Layers::kNone);
  }

  Layers run() {
    find_branches();
    find_cells();
    for (const std::uint32_t i : nodes_) layers_.of_node[i] = layer_of(i);
    place_sources();
    return std::move(layers_);
  }

 private:
  /// The branch of each parameter, and of each node that is computed from parameters alone.
  void find_branches() {
    for (const std::uint32_t i : nodes_) {
      const Node& node = graph_.nodes[i];
      if (is_parameter(node)) {
        branch_[i] = parent_of(node.op->describe(node.attributes));
        reads_[i] = 1;
        for (std::string branch = branch_[i]; !branch.empty(); branch = parent_of(branch)) {
          children_[parent_of(branch)].insert(branch);
        }
        if (branch_[i].empty()) own_.insert("");
        own_.insert(branch_[i]);
      } else if (node.fixed) {
        for (const std::uint32_t input : graph_.inputs_of(node)) {
          if (reads_[input] == 0) continue;
          branch_[i] = branch_[input];
          reads_[i] = 1;
        }
      }
    }
  }

  /// Branches that are cells: their gates, the branches below, read one value at one time step.
  void find_cells() {
    std::map<std::tuple<std::string, std::uint32_t, std::int32_t>, std::string> first;
    for (const std::uint32_t i : nodes_) {
      const Node& node = graph_.nodes[i];
      if (node.fixed || node.step < 0) continue;
      for (const std::uint32_t weight : graph_.inputs_of(node)) {
        if (reads_[weight] == 0 || branch_[weight].empty()) continue;
        const std::string parent = parent_of(branch_[weight]);
        for (const std::uint32_t value : graph_.inputs_of(node)) {
          if (reads_[value] != 0) continue;
          const auto [entry, is_new] =
              first.try_emplace({parent, value, node.step}, branch_[weight]);
          if (is_new || entry->second == branch_[weight]) continue;
          cells_.insert(parent);
          gates_.insert({entry->second, branch_[weight]});
        }
      }
    }
  }

  /// The layer that a branch is in: the outermost cell around it, or else the branch itself, or a
  /// branch above it that holds nothing else.
  [[nodiscard]] std::string layer_named(const std::string& branch) const {
    std::string layer = branch;
    bool in_cell = false;
    for (std::string above = branch; !above.empty(); above = parent_of(above)) {
      if (!cells_.contains(above)) continue;
      layer = above;
      in_cell = true;
    }
    if (in_cell) return layer;
    if (parent_of(branch).empty() && gates_.contains(branch)) return "";
    while (!is_number(std::string_view(layer).substr(layer.rfind('.') + 1))) {
      const std::string above = parent_of(layer);
      if (above.empty() || own_.contains(above) || children_.at(above).size() > 1) break;
      layer = above;
    }
    return layer;
  }

  std::int32_t number_of(const std::string& name) {
    const auto known = std::ranges::find(layers_.names, name);
    const auto number = static_cast<std::int32_t>(known - layers_.names.begin());
    if (known == layers_.names.end()) layers_.names.push_back(name);
    return number;
  }

  std::int32_t layer_of(std::uint32_t i) {
    const Node& node = graph_.nodes[i];
    if (reads_[i] != 0) return number_of(layer_named(branch_[i]));
    std::int32_t own = Layers::kNone;
    std::int32_t same_step = Layers::kNone;
    std::int32_t any = Layers::kNone;
    for (const std::uint32_t input : graph_.inputs_of(node)) {
      const std::int32_t layer = layers_.of_node[input];
      if (reads_[input] != 0) own = std::max(own, layer);
      if (graph_.nodes[input].step == node.step) same_step = std::max(same_step, layer);
      any = std::max(any, layer);
    }
    return own != Layers::kNone ? own : same_step != Layers::kNone ? same_step : any;
  }

  /// A value from outside, such as the state to begin with, belongs where it is read, if that is
  /// one layer and one time step.
  void place_sources() {
    constexpr std::int32_t kSeveral = -2;
    std::vector<std::int32_t> reader(graph_.nodes.size(), Layers::kNone);
    std::vector<std::int32_t> step(graph_.nodes.size(), kSeveral);
    for (const std::uint32_t i : nodes_) {
      for (const std::uint32_t input : graph_.inputs_of(graph_.nodes[i])) {
        const bool first = reader[input] == Layers::kNone;
        if (first) step[input] = graph_.nodes[i].step;
        const bool same = step[input] == graph_.nodes[i].step;
        if (first) reader[input] = layers_.of_node[i];
        if (!same || reader[input] != layers_.of_node[i]) reader[input] = kSeveral;
      }
    }
    for (const std::uint32_t i : nodes_) {
      if (graph_.nodes[i].input_count == 0 && layers_.of_node[i] == Layers::kNone) {
        layers_.of_node[i] = std::max(reader[i], Layers::kNone);
      }
    }
  }

  const Graph& graph_;
  std::span<const std::uint32_t> nodes_;
  std::vector<std::string> branch_;  // by node, where it reads parameters alone
  std::vector<std::uint8_t> reads_;  // by node: whether it does
  std::map<std::string, std::set<std::string>> children_;
  std::set<std::string> own_;    // branches that hold parameters of their own
  std::set<std::string> cells_;  // branches that are cells
  std::set<std::string> gates_;  // branches that share a value with another below one branch
  Layers layers_;
};

}  // namespace

Layers find_layers(const Graph& graph, std::span<const std::uint32_t> nodes) {
  return LayerSearch(graph, nodes).run();
}

}  // namespace unroll
