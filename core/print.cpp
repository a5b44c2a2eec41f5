/// A tape as text and as a drawing.

#include <unroll/core/tape.h>

#include <algorithm>
#include <cstdio>

namespace unroll {
namespace {

std::string title_of(const Node& node) {
  const std::string detail = node.op->describe ? node.op->describe(node.attributes) : "";
  return detail.empty() ? std::string(node.op->name) : fmt::format("{} {}", node.op->name, detail);
}

/// Whether the title says the name already, as that of a parameter does.
bool is_in_title(const std::string& name, const Node& node) {
  return name.empty() || (node.op->describe && node.op->describe(node.attributes) == name);
}

std::string values_of(const TensorView& view) {
  constexpr Index kMost = 8;
  const int digits = is_floating(view.dtype) ? 6 : 10;  // integers print whole
  std::string text;
  for (Index i = 0; i < std::min(view.size(), kMost); ++i) {
    text += fmt::format("{}{:.{}g}", i == 0 ? "" : " ", view.at(i), digits);
  }
  return view.size() > kMost ? text + " ..." : text;
}

}  // namespace

std::string Tape::to_string(bool with_values) {
  const std::vector<std::string> names = this->names();
  std::string text;
  for (std::uint32_t i = 0; i < graph_.nodes.size(); ++i) {
    const Node node = graph_.nodes[i];
    std::string inputs;
    for (const std::uint32_t input : graph_.inputs_of(node)) {
      inputs += fmt::format("{}#{}", inputs.empty() ? "" : " ", input);
    }
    std::string line = fmt::format("{:<6} {:<28} {:<16} {:<14}", fmt::format("#{}", i),
                                   title_of(node), node.shape.to_string(), inputs);
    if (node.step >= 0) line += fmt::format(" t={}", node.step);
    if (node.origin >= 0) line += fmt::format(" gradient of #{}", node.origin);
    const bool named = !is_in_title(names[i], node);
    if (named) line += fmt::format("  {}", names[i]);
    if (with_values) {
      const bool current = (node.parameter < 0 || is_current(node.parameter)) && !is_lost(i);
      line +=
          fmt::format("{}= {}", named ? " " : "  ",
                      current ? values_of(value(Var(this, i, generation_))) : "(changed since)");
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

void Tape::print(bool with_values) { fmt::print("{}", to_string(with_values)); }

void Tape::print_plan() const { fmt::print("{}", plan_to_string()); }

std::string Tape::to_dot() const {
  const auto escaped = [](const std::string& title) {
    std::string result;
    for (const char c : title) {
      if (c == '"' || c == '\\') result += '\\';
      result += c;
    }
    return result;
  };
  const std::vector<std::string> names = this->names();
  std::string text = "digraph tape {\n  rankdir=LR;\n  node [shape=box, style=filled];\n";
  for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
    const Node& node = graph_.nodes[i];
    const char* colour = node.origin >= 0                ? "mistyrose"
                         : node.op->kind == OpKind::leaf ? "lightyellow"
                                                         : "lightblue";
    const std::string name =
        is_in_title(names[i], node) ? "" : fmt::format("{}\\n", escaped(names[i]));
    const std::string step = node.step >= 0 ? fmt::format("\\nt={}", node.step) : "";
    text += fmt::format("  n{} [label=\"#{} {}\\n{}{}{}\", fillcolor={}];\n", i, i,
                        escaped(title_of(node)), name, node.shape.to_string(), step, colour);
    for (const std::uint32_t input : graph_.inputs_of(node)) {
      text += fmt::format("  n{} -> n{};\n", input, i);
    }
  }
  return text + "}\n";
}

}  // namespace unroll
