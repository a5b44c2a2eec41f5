#include <unroll/core/names.h>
#include <unroll/core/notation.h>
#include <unroll/core/op.h>
#include <unroll/core/tape.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace unroll {
namespace {

constexpr std::size_t kLongestName = 40;         // of characters that an expression is shown in
constexpr std::size_t kLongestExpression = 200;  // that is looked for in equations

bool is_number(std::string_view part) {
  return !part.empty() && part.find_first_not_of("0123456789") == std::string_view::npos;
}

/// A parameter's path, taken apart: "layers.0.f.W" is W of the branch f of the cell "layers.0".
struct ParameterName {
  explicit ParameterName(std::string path) : path(std::move(path)) {
    std::string_view rest = this->path;
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

  /// As an expression has it; in a cell the name of the cell itself does not matter.
  [[nodiscard]] std::string short_name(bool in_cell) const {
    constexpr std::size_t kLongestBranch = 2;  // of letters that are written behind W
    if (branch.size() <= kLongestBranch) return without_state(leaf + branch);
    return in_cell ? leaf : branch + "." + leaf;
  }

  std::string path;
  std::string leaf;
  std::string branch;       // the last part that is no number
  std::string branch_path;  // all but the leaf
};

/// Derives the names: walks over the nodes, each time with what the last walk has found out, until
/// nothing is found any more.
class Naming {
 public:
  Naming(const Graph& graph, const NameSources& sources) : graph_(graph), sources_(sources) {}

  std::vector<std::string> names();

 private:
  using Index32 = std::uint32_t;

  void find_regions();
  void find_parameters();
  void walk();
  void visit(Index32 i);
  Notation written(Index32 i);
  Notation read(Index32 j, Index32 by, std::string_view multiplied_by);
  Notation read_x(Index32 j, Index32 by);
  Notation read_h(Index32 j, Index32 by);
  void match(Index32 i, const std::string& key);
  void find_gates();
  void find_states();
  void learn_states();
  void name_gradients();
  bool pin(Index32 i, std::string name);
  [[nodiscard]] bool is_free(Index32 i, const std::string& name) const;

  [[nodiscard]] const Equations* equations_of(Index32 i) const {
    return region_[i] < 0 ? nullptr : equations_[static_cast<std::size_t>(region_[i])];
  }
  /// Whether one is recorded by another step than the other.
  [[nodiscard]] bool apart(Index32 i, Index32 j) const {
    return region_[i] != region_[j] || graph_.nodes[i].step != graph_.nodes[j].step;
  }
  /// Whether what one step of a cell recorded is read by another step of the same cell.
  [[nodiscard]] bool hands_over(Index32 from, Index32 to) const;
  [[nodiscard]] std::string unknown(Index32 i) const { return fmt::format("?{}", i); }
  [[nodiscard]] static bool has_unknown(std::string_view text) {
    return text.find('?') != std::string_view::npos;
  }

  const Graph& graph_;
  const NameSources& sources_;
  std::map<std::string_view, Equations> known_equations_;
  std::vector<const Equations*> equations_;      // by region
  std::vector<std::string> scopes_;              // by region: the branch of its parameters
  std::vector<std::int32_t> region_;             // by node, -1: none
  std::map<Index32, ParameterName> parameters_;  // by node
  std::vector<bool> read_by_U_;                  // by node
  std::map<Index32, std::string> pinned_;        // names that are known
  std::set<std::tuple<std::int32_t, std::int32_t, std::string>> taken_;  // by region and step
  std::vector<Notation> expressions_;  // by node, as others read it
  std::vector<std::string> keys_;      // by node, of what computes it
  std::vector<std::string> names_;     // by node
  bool guesses_ = false;               // whether equations alone say too little
  bool found_ = false;                 // something, in this walk
};

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

/// The parameters, what U multiplies, and for each region what is common to the paths of its
/// parameters: the cell.
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

/// What computes a node, in the names of what it reads; not known where its operation is none that
/// equations write.
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
  std::map<std::int32_t, std::map<Index32, bool>> handed;  // by region: what it reads, whether by U
  for (Index32 i = 0; i < graph_.nodes.size(); ++i) {
    if (region_[i] < 0 || graph_.nodes[i].origin >= 0) continue;
    for (const Index32 input : graph_.inputs_of(graph_.nodes[i])) {
      const bool is_value = region_[input] >= 0 && !graph_.nodes[input].fixed;
      if (is_value && hands_over(input, i)) {
        handed[region_[i]][input] |= read_by_U_[input];
      }
    }
  }
  for (const auto& [region, nodes] : handed) {
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

void Naming::name_gradients() {
  for (const auto& [node, name] : pinned_) names_[node] = name;  // those of gradients too
  for (const Index32 loss : sources_.losses) {
    if (names_[loss].empty()) names_[loss] = "loss";
  }
  for (const auto& [node, gradient] : sources_.gradients) {
    const std::string& name = names_[node];
    if (name.empty() || !names_[gradient].empty()) continue;
    const bool is_one = name.find(' ') == std::string::npos;
    names_[gradient] = is_one ? fmt::format("d {}", name) : fmt::format("d ({})", name);
  }
}

}  // namespace

void NameSources::clear() {
  given.clear();
  equations.clear();
  gradients.clear();
  losses.clear();
}

std::size_t NameSources::bytes() const {
  return given.capacity() * sizeof(given[0]) + equations.capacity() * sizeof(equations[0]) +
         gradients.capacity() * sizeof(gradients[0]) + losses.capacity() * sizeof(losses[0]);
}

std::vector<std::string> derive_names(const Graph& graph, const NameSources& sources) {
  return Naming(graph, sources).names();
}

Var Tape::name(Var var, std::string name) {
  require(var);
  name_sources_.given.emplace_back(var.index(), std::move(name));
  return var;
}

std::vector<std::string> Tape::names() const { return derive_names(graph_, name_sources_); }

std::string Tape::name_of(Var var) const {
  require(var);
  return names()[var.index()];
}

/// The name of a node as errors show it behind its number: " 'f'"; nothing where it has none.
std::string Tape::called(std::uint32_t index) const {
  const std::string name = names()[index];
  return name.empty() ? "" : fmt::format(" '{}'", name);
}

std::vector<std::int32_t> Tape::gradient_nodes() const {
  std::vector<std::int32_t> result(graph_.nodes.size(), -1);
  for (const auto& [node, gradient] : name_sources_.gradients) {
    result[node] = static_cast<std::int32_t>(gradient);
  }
  return result;
}

std::optional<Var> Tape::gradient_of(Var var) {
  require(var);
  const std::int32_t gradient = gradient_nodes()[var.index()];
  if (gradient < 0) return std::nullopt;
  const auto index = static_cast<std::uint32_t>(gradient);
  if (index >= spent_.size() || spent_[index] == 0) graph_.nodes[index].unasked = false;
  return Var(this, index, generation_);
}

Tape::EquationsScope::EquationsScope(Tape& tape, std::string_view equations)
    : tape_(tape), position_(tape.name_sources_.equations.size()) {
  const auto begin = static_cast<std::uint32_t>(tape.graph_.nodes.size());
  tape.name_sources_.equations.push_back({begin, begin, equations});
}

Tape::EquationsScope::~EquationsScope() {
  std::vector<EquationsOfNodes>& all = tape_.name_sources_.equations;
  if (position_ < all.size()) all[position_].end = static_cast<std::uint32_t>(tape_.node_count());
}

}  // namespace unroll
