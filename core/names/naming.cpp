#include <unroll/core/names/naming.h>

#include <algorithm>
#include <cctype>

namespace unroll {
namespace {

constexpr std::size_t kLongestName = 40;         // of characters that an expression is shown in
constexpr std::size_t kLongestExpression = 200;  // that is looked for in equations

bool is_number(std::string_view part) {
  return !part.empty() && part.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

ParameterName::ParameterName(std::string given) : path(std::move(given)) {
  std::string_view rest = path;
  const auto pop = [&rest] {
    const std::size_t dot = rest.rfind('.');
    const std::string_view part = dot == std::string_view::npos ? rest : rest.substr(dot + 1);
    rest = dot == std::string_view::npos ? std::string_view() : rest.substr(0, dot);
    return part;
  };
  leaf = pop();
  branch_path = rest;
  while (!rest.empty()) {
    const std::string_view part = pop();
    if (is_number(part)) continue;  // a layer
    branch = part;
    break;
  }
}

std::string ParameterName::short_name(bool in_cell) const {
  constexpr std::size_t kLongestBranch = 2;  // of letters that are written behind W
  if (branch.size() <= kLongestBranch) return without_state(leaf + branch);
  return in_cell ? leaf : branch + "." + leaf;
}

std::vector<std::string> Naming::names() {
  const std::size_t count = graph_.nodes.size();
  expressions_.resize(count);
  keys_.resize(count);
  names_.resize(count);
  find_regions();
  find_parameters();
  for (const auto& [node, name] : sources_.given) {
    pinned_[node] = name;
    taken_.emplace(region_[node], graph_.nodes[node].step, name);
  }
  constexpr int kMostWalks = 8;
  const auto walk_until_settled = [&] {
    for (int i = 0; i < kMostWalks; ++i) {
      walk();
      if (!found_) break;
    }
  };
  walk_until_settled();
  find_states();
  guesses_ = true;
  walk_until_settled();
  find_gates();
  walk_until_settled();
  learn_states();
  walk_until_settled();
  name_gradients();
  return std::move(names_);
}

void Naming::find_regions() {
  region_.assign(graph_.nodes.size(), -1);
  for (const EquationsOfNodes& region : sources_.equations) {
    const auto [equations, is_new] =
        known_equations_.try_emplace(region.equations, region.equations);
    for (Index32 i = region.begin; i < region.end; ++i) {
      region_[i] = static_cast<std::int32_t>(equations_.size());
    }
    equations_.push_back(&equations->second);
  }
}

/// Finds the parameters, the operands of U, and the cell of each region: the path that its
/// parameters have in common.
void Naming::find_parameters() {
  read_by_U_.assign(graph_.nodes.size(), false);
  scopes_.assign(equations_.size(), "?");
  for (Index32 i = 0; i < graph_.nodes.size(); ++i) {
    const Node& node = graph_.nodes[i];
    if (node.op->kind == OpKind::leaf && node.parameter >= 0) {
      parameters_.emplace(i, ParameterName(node.op->describe(node.attributes)));
    }
    if (node.origin >= 0) continue;
    for (const Index32 input : graph_.inputs_of(node)) {
      const auto parameter = parameters_.find(input);
      if (parameter == parameters_.end()) continue;
      if (parameter->second.leaf == "U") {
        for (const Index32 other : graph_.inputs_of(node)) read_by_U_[other] = true;
      }
      if (region_[i] < 0) continue;
      std::string& scope = scopes_[static_cast<std::size_t>(region_[i])];
      const std::string path = parameter->second.branch_path + ".";
      if (scope == "?") scope = path;
      const auto end = std::ranges::mismatch(scope, path).in1;
      scope = scope.substr(0, scope.rfind('.', static_cast<std::size_t>(end - scope.begin())) + 1);
    }
  }
}

bool Naming::hands_over(Index32 from, Index32 to) const {
  if (region_[from] >= 0 && region_[to] >= 0) {
    return region_[from] != region_[to] && scopes_[static_cast<std::size_t>(region_[from])] ==
                                               scopes_[static_cast<std::size_t>(region_[to])];
  }
  const std::int32_t first = graph_.nodes[from].step;
  const std::int32_t second = graph_.nodes[to].step;
  return first >= 0 && second >= 0 && first != second;
}

bool Naming::pin(Index32 i, std::string name) {
  if (pinned_.contains(i)) return false;
  pinned_.emplace(i, std::move(name));
  found_ = true;
  return true;
}

bool Naming::is_free(Index32 i, const std::string& name) const {
  return !taken_.contains({region_[i], graph_.nodes[i].step, name});
}

void Naming::walk() {
  found_ = false;
  for (Index32 i = 0; i < graph_.nodes.size(); ++i) {
    if (graph_.nodes[i].origin < 0) visit(i);
  }
}

void Naming::visit(Index32 i) {
  const auto parameter = parameters_.find(i);
  if (parameter != parameters_.end()) {
    const auto given = pinned_.find(i);
    names_[i] = given == pinned_.end() ? parameter->second.path : given->second;
    return;
  }
  const Notation expression = written(i);
  keys_[i] = expression.is_known() ? expression.key() : std::string();
  const bool is_view = graph_.nodes[i].op->kind == OpKind::view;
  if (!is_view && !expression.is_atom() && keys_[i].size() <= kLongestExpression) {
    match(i, keys_[i]);
  }
  const auto pinned = pinned_.find(i);
  if (pinned != pinned_.end()) {
    names_[i] = pinned->second;
    expressions_[i] = Notation::atom(names_[i]);
    return;
  }
  const std::string text = expression.text();
  const bool known = expression.is_known() && keys_[i].size() <= kLongestExpression;
  expressions_[i] = known ? expression : Notation::atom(unknown(i));
  const bool shown = known && !is_view && !has_unknown(text) && text.size() <= kLongestName;
  names_[i] = shown ? text : "";
}

/// The expression of a node in the names of its inputs; not known where equations have no form for
/// its operation.
Notation Naming::written(Index32 i) {
  const Node& node = graph_.nodes[i];
  std::string_view multiplied_by;  // W or U
  for (const Index32 input : graph_.inputs_of(node)) {
    const auto parameter = parameters_.find(input);
    if (parameter != parameters_.end() && graph_.nodes[input].shape.rank() == 2) {
      multiplied_by = parameter->second.leaf;
    }
  }
  std::vector<Notation> inputs;
  for (const Index32 input : graph_.inputs_of(node)) {
    inputs.push_back(read(input, i, multiplied_by));
  }
  if (node.op->write != nullptr) return node.op->write(inputs, node.attributes);
  if (inputs.size() != 1 || node.op->describe != nullptr) return {};
  if (node.op->kind == OpKind::elementwise) return Notation::call(node.op->name, inputs[0]);
  const bool is_whole = graph_.input(node, 0).shape.size() == node.shape.size();
  return node.op->kind == OpKind::view && is_whole ? inputs[0] : Notation();
}

/// A node as the node `by` reads it.
Notation Naming::read(Index32 j, Index32 by, std::string_view multiplied_by) {
  const auto parameter = parameters_.find(j);
  if (parameter != parameters_.end()) {
    const std::string name = parameter->second.short_name(region_[by] >= 0);
    const bool is_vector = graph_.nodes[j].shape.rank() == 1;
    return is_vector ? Notation::bias(name) : Notation::atom(name);
  }
  if (multiplied_by == "W") return read_x(j, by);
  if (multiplied_by == "U") return read_h(j, by);
  const std::string& name = names_[j];
  if (name.ends_with('\'') && apart(j, by)) return Notation::atom(name.substr(0, name.size() - 1));
  const bool is_state = hands_over(j, by) && !pinned_.contains(j) && !graph_.nodes[j].fixed;
  return is_state ? Notation::atom(unknown(j)) : expressions_[j];
}

/// What W multiplies: x, unless it is a value of the cell itself.
Notation Naming::read_x(Index32 j, Index32 by) {
  const std::string text = expressions_[j].text();
  if (hands_over(j, by)) return read(j, by, "");
  if (read_by_U_[j] && has_unknown(text)) return read_h(j, by);
  const bool in_step = region_[by] >= 0 || graph_.nodes[by].step >= 0;
  if (text == unknown(j) && in_step) pin(j, "x");
  const bool of_cell = region_[by] < 0 ? !names_[j].ends_with('\'') : region_[j] == region_[by];
  return has_unknown(text) || !of_cell ? Notation::atom("x") : expressions_[j];
}

/// What U multiplies: h, unless it has a name.
Notation Naming::read_h(Index32 j, Index32 by) {
  const Notation expression = read(j, by, "");
  if (pinned_.contains(j) || (region_[by] >= 0 && !guesses_)) return expression;
  if (hands_over(j, by)) {
    if (region_[by] >= 0) return expression;  // find_states() knows more
    pin(j, "h'");
    return Notation::atom("h");
  }
  if (!has_unknown(expression.text())) return expression;
  const bool from_outside = apart(j, by) || graph_.nodes[j].input_count == 0;
  if (expressions_[j].text() == unknown(j) && from_outside) pin(j, "h");
  return from_outside ? Notation::atom("h") : expression;
}

/// Looks for what computes a node in the equations of its cell. Where it has one unknown, that may
/// be the state before the first step, which is then known too.
void Naming::match(Index32 i, const std::string& key) {
  const Equations* const equations = equations_of(i);
  if (equations == nullptr || key.empty() || pinned_.contains(i)) return;
  if (!has_unknown(key)) {
    const std::string name = equations->name_of(key);
    if (!name.empty() && is_free(i, name)) pin(i, name);
    return;
  }
  const std::size_t begin = key.find('?');
  const std::size_t end = key.find_first_not_of("0123456789", begin + 1);
  const std::string token = key.substr(begin, end == std::string::npos ? end : end - begin);
  for (std::size_t at = begin; at != std::string::npos; at = key.find('?', at + 1)) {
    const std::size_t behind = at + token.size();
    if (key.compare(at, token.size(), token) != 0) return;  // two unknowns
    if (behind < key.size() && std::isdigit(static_cast<unsigned char>(key[behind])) != 0) return;
  }
  const auto node = static_cast<Index32>(std::stoul(token.substr(1)));
  if (region_[node] == region_[i]) return;  // a value of this step
  for (const std::string& state : equations->states()) {
    const std::string name = equations->name_of(key, state, token);
    if (name.empty() || !is_free(i, name)) continue;
    pin(node, hands_over(node, i) ? state + '\'' : state);
    pin(i, name);
    return;
  }
}

void Naming::name_gradients() {
  for (const auto& [node, name] : pinned_) names_[node] = name;  // those of gradients too
  for (const PassedGradient& passed : graph_.passed) {
    if (names_[passed.loss].empty()) names_[passed.loss] = "loss";
  }
  for (const auto& [loss, node, input, gradient] : graph_.passed) {
    if (node != input) continue;  // a term of the gradient
    const std::string& name = names_[node];
    if (name.empty() || !names_[gradient].empty()) continue;
    const bool is_one = name.find(' ') == std::string::npos;
    names_[gradient] = is_one ? fmt::format("d {}", name) : fmt::format("d ({})", name);
  }
}

std::vector<std::string> derive_names(const Graph& graph, const NameSources& sources) {
  return Naming(graph, sources).names();
}

}  // namespace unroll
