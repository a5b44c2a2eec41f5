/// Names that no equation says: of gates, by the branch of their parameters, and of states, by what
/// steps hand over.

#include <unroll/core/names/naming.h>

#include <algorithm>

namespace unroll {

/// Names the first activation function on all ways from the parameters of a branch by the branch,
/// where there is one only.
void Naming::find_gates() {
  using Branches = std::set<std::string>;
  std::map<Index32, Branches> reached;  // by node: from which no activation function was met yet
  std::map<std::pair<std::string, std::int32_t>, std::set<Index32>> found;  // by branch and step
  for (Index32 i = 0; i < graph_.nodes.size(); ++i) {
    const Node& node = graph_.nodes[i];
    if (node.origin >= 0) continue;
    Branches branches;
    for (const Index32 input : graph_.inputs_of(node)) {
      const auto parameter = parameters_.find(input);
      if (parameter != parameters_.end()) {
        branches.insert(parameter->second.branch_path);
        continue;
      }
      const auto before = reached.find(input);
      if (before == reached.end() || hands_over(input, i)) continue;
      branches.insert(before->second.begin(), before->second.end());
    }
    if (branches.empty()) continue;
    if (node.op->activation) {
      for (const std::string& branch : branches) found[{branch, node.step}].insert(i);
    } else {
      reached.emplace(i, std::move(branches));
    }
  }
  std::map<Index32, std::set<std::string>> gates;
  for (const auto& [branch, nodes] : found) {
    if (nodes.size() == 1) gates[*nodes.begin()].insert(branch.first);
  }
  for (const auto& [node, branches] : gates) {
    if (branches.size() != 1) continue;
    std::string name = ParameterName(*branches.begin() + ".W").branch;
    if (name.empty() || name == "h") continue;  // the new state has a gate, but is not always it
    const Equations* const equations = equations_of(node);
    if (equations != nullptr) {
      const std::string_view function = graph_.nodes[node].op->name;
      if (!equations->is_value_of(function, name)) name += '\'';
      if (!equations->is_value_of(function, name)) continue;
    }
    if (is_free(node, name)) pin(node, name);
  }
}

/// Names what a step hands to the next where the equations do not say what computes it: what U
/// multiplies is h', if that is one value; and the last part of the state that has no name is the
/// one value that is left.
void Naming::find_states() {
  std::map<std::int32_t, std::map<Index32, bool>> handed;  // by region: its inputs from other
                                                           // steps, and whether U multiplies them
  for (Index32 i = 0; i < graph_.nodes.size(); ++i) {
    if (region_[i] < 0 || graph_.nodes[i].origin >= 0) continue;
    for (const Index32 input : graph_.inputs_of(graph_.nodes[i])) {
      const bool is_value = region_[input] >= 0 && !graph_.nodes[input].fixed;
      if (is_value && hands_over(input, i)) {
        handed[region_[i]][input] |= read_by_U_[input];
      }
    }
  }
  for (const auto& [region, read] : handed) {
    const std::map<Index32, bool>& nodes = read;  // which lambdas can capture
    std::vector<std::string> states = equations_[static_cast<std::size_t>(region)]->states();
    std::vector<Index32> unnamed;
    for (const auto& [node, by_U] : nodes) {
      const auto pinned = pinned_.find(node);
      if (pinned == pinned_.end()) unnamed.push_back(node);
    }
    const auto is_by_U = [&](Index32 node) { return nodes.at(node); };
    std::erase_if(states, [&](const std::string& state) {
      const auto is_it = [&](const auto& other) {
        return other.second == state + '\'' && !apart(other.first, nodes.begin()->first);
      };
      return std::ranges::any_of(pinned_, is_it);
    });
    if (std::ranges::count_if(unnamed, is_by_U) == 1 && std::erase(states, "h") == 1) {
      const auto h = std::ranges::find_if(unnamed, is_by_U);
      pin(*h, "h'");
      unnamed.erase(h);
    }
    if (unnamed.size() == 1 && states.size() == 1) pin(unnamed[0], states[0] + '\'');
  }
}

/// What computes the same as a state that is handed over is that state, at the last step too; and
/// so is the node in the same place of a step that records as many nodes.
void Naming::learn_states() {
  std::map<std::string, std::string> states;
  for (const auto& [node, name] : pinned_) {
    const std::string& key = keys_[node];
    if (name == "h'" && !key.empty() && !has_unknown(key)) states.emplace(key, name);
  }
  std::map<std::string_view, const EquationsOfNodes*> latest;  // by scope
  for (std::size_t r = 0; r < sources_.equations.size(); ++r) {
    const EquationsOfNodes& now = sources_.equations[r];
    const EquationsOfNodes& before = *latest.try_emplace(scopes_[r], &now).first->second;
    latest[scopes_[r]] = &now;
    if (&before == &now || before.end - before.begin != now.end - now.begin) continue;
    for (Index32 i = 0; i < now.end - now.begin; ++i) {
      const auto pinned = pinned_.find(before.begin + i);
      if (pinned == pinned_.end() || !pinned->second.ends_with('\'')) continue;
      const bool is_same = graph_.nodes[before.begin + i].op == graph_.nodes[now.begin + i].op;
      if (is_same && is_free(now.begin + i, pinned->second)) pin(now.begin + i, pinned->second);
    }
  }
  for (Index32 i = 0; i < graph_.nodes.size(); ++i) {
    const auto state = states.find(keys_[i]);
    const bool is_view = graph_.nodes[i].op->kind == OpKind::view;
    if (state != states.end() && !is_view && is_free(i, state->second)) pin(i, state->second);
  }
}

}  // namespace unroll
