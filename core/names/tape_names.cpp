/// The functions of Tape for the names of its nodes.

#include <unroll/core/tape.h>

#include <algorithm>

namespace unroll {

void NameSources::clear() {
  given.clear();
  equations.clear();
}

std::size_t NameSources::bytes() const {
  return given.capacity() * sizeof(given[0]) + equations.capacity() * sizeof(equations[0]);
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
  for (const auto& [loss, node, input, gradient] : graph_.passed) {
    if (node == input) result[node] = static_cast<std::int32_t>(gradient);
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
