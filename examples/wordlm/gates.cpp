#include "wordlm/gates.h"

#include <unroll/ops/families.h>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

namespace wordlm {

using unroll::Parameter;
using unroll::Tape;
using unroll::Var;

namespace {

/// The names that a cell's equations define, in order: "i", "c'", ...
std::vector<std::string> defined_names(std::string_view equations) {
  std::vector<std::string> names;
  for (std::size_t begin = 0; begin < equations.size();) {
    const std::size_t end = std::min(equations.find('\n', begin), equations.size());
    const std::string_view line = equations.substr(begin, end - begin);
    const std::string_view name = line.substr(0, line.find(" = "));
    if (name.size() < line.size()) names.emplace_back(name);
    begin = end + 1;
  }
  return names;
}

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// The nodes of the first activation functions on all ways from a parameter to a node before `end`.
std::set<std::uint32_t> first_activations(Tape& tape, const Parameter& parameter,
                                          std::uint32_t end) {
  static const std::vector<const unroll::Op*> kActivations = unroll::activation_ops();
  const std::uint32_t begin = tape.parameter(parameter).index();
  const unroll::Graph& graph = tape.graph();
  std::vector<bool> reached(graph.nodes.size());  // on the way to an activation function
  reached[begin] = true;
  std::set<std::uint32_t> found;
  for (std::uint32_t i = begin + 1; i < end; ++i) {
    const auto inputs = graph.inputs_of(graph.nodes[i]);
    if (std::none_of(inputs.begin(), inputs.end(), [&](auto input) { return reached[input]; })) {
      continue;
    }
    if (std::ranges::find(kActivations, graph.nodes[i].op) != kActivations.end()) {
      found.insert(i);
    } else {
      reached[i] = true;
    }
  }
  return found;
}

/// The names of the parts of a state besides its output, of which there are `count`.
std::vector<std::string> state_names(const std::vector<std::string>& defined, std::size_t count) {
  std::vector<std::string> names;
  for (const std::string& name : defined) {
    if (name.ends_with('\'') && name != "h'") names.push_back(name.substr(0, name.size() - 1));
  }
  // Equations name the parts in another order than a state holds them: one name alone is certain.
  if (names.size() == 1 && count == 1) return names;
  names.clear();
  for (std::size_t i = 0; i < count; ++i) names.push_back(fmt::format("state {}", i + 1));
  return names;
}

/// The parts of a state, the output last.
std::vector<NamedVar> parts_of(const unroll::AnyState& state,
                               const std::vector<std::string>& defined) {
  std::vector<NamedVar> parts;
  const std::vector<std::string> names = state_names(defined, state.vars.size() - 1);
  for (std::size_t i = 0; i < state.vars.size(); ++i) {
    if (i != state.output) parts.push_back({names[parts.size()], state.vars[i]});
  }
  // Where the equations end in a y, that is the output.
  parts.push_back({contains(defined, "y") ? "output" : "h", output_of(state)});
  return parts;
}

}  // namespace

std::vector<NamedVar> cell_values(const unroll::CellEntry& cell,
                                  const unroll::Parameters& parameters, const std::string& layer,
                                  const unroll::AnyState& state) {
  const std::vector<std::string> defined = defined_names(cell.equations);
  const Var output = output_of(state);
  Tape& tape = output.tape();
  std::vector<NamedVar> values = parts_of(state, defined);

  std::uint32_t end = 0;  // of the nodes of this layer: those of the next are recorded after it
  for (const Var& var : state.vars) end = std::max(end, var.index() + 1);
  std::map<std::string, std::set<std::uint32_t>> by_name;
  for (const Parameter& parameter : parameters.all()) {
    if (!parameter.name().starts_with(layer)) continue;
    const std::string path = parameter.name().substr(layer.size());
    const std::string name = path.substr(0, path.rfind('.'));
    if (contains(defined, name)) by_name[name].merge(first_activations(tape, parameter, end));
  }
  std::vector<NamedVar> gates;
  for (const std::string& name : defined) {
    const auto found = by_name.find(name);
    if (found == by_name.end() || found->second.size() != 1) continue;
    gates.push_back({name, Var(&tape, *found->second.begin(), output.generation())});
  }
  const auto is_state = [&](const NamedVar& gate) {
    return std::ranges::any_of(values, [&](const NamedVar& v) { return v.var == gate.var; });
  };
  std::erase_if(gates, is_state);
  values.insert(values.begin(), gates.begin(), gates.end());
  const unroll::Shape shape = output.shape();
  std::erase_if(values, [&](const NamedVar& value) { return value.var.shape() != shape; });
  return values;
}

}  // namespace wordlm
