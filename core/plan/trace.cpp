#include <unroll/core/plan/trace.h>

#include <array>
#include <utility>

namespace unroll {
namespace {

std::string_view name_of(Role role) {
  constexpr std::array<std::string_view, 10> kNames{
      "source", "view", "joined", "copy", "element", "product", "kernel", "sum", "second", "gone"};
  return kNames[static_cast<std::size_t>(role)];
}

std::string list_of(std::span<const Id> ids) {
  std::string text;
  for (const Id id : ids) {
    text += id == kNone ? " -" : fmt::format(" {}", id);
  }
  return text;
}

/// What a value is computed from, or where it lies.
std::string details_of(const Draft& draft, Id id) {
  const Value& value = draft.values[id];
  if (value.role == Role::source) return value.parameter ? "a parameter" : "";
  if (value.role == Role::product) return fmt::format("product {}", value.product);
  std::string text = fmt::format("of{}", list_of(draft.inputs_of(id)));
  if (value.role == Role::view || value.role == Role::joined) {
    text += fmt::format(", in {} from element {}", value.place.owner, value.place.offset);
    if (value.place.window) text += fmt::format(", column {}", value.place.column);
  }
  return text;
}

std::string name_of(const Draft& draft, Id id) {
  if (id < draft.work()) return std::string(draft.request.kind_of(id).op->name);
  return id < draft.request.nodes.size()
             ? std::string(draft.graph.nodes[draft.request.nodes[id]].op->name)
             : "(added)";
}

}  // namespace

namespace {

std::string line_of(const Draft& draft, Id id) {
  const Value& value = draft.values[id];
  std::string text = fmt::format("{:>5}  {:<20} {:>3} x {:<3} {:<8} {}{}", id, name_of(draft, id),
                                 value.rows, value.columns, name_of(value.role),
                                 details_of(draft, id), value.target ? "  <- asked for" : "");
  const Id group = draft.arrangement.group(id);
  const Position at = draft.arrangement.position(id);
  const Arrangement::Extent extent = draft.arrangement.extent(group);
  if (value.place.owner == id && (extent.rows > value.rows || extent.columns > value.columns)) {
    text += fmt::format(", at row {}, column {} beside {}", at.row - extent.first.row,
                        at.column - extent.first.column, group);
  }
  return text;
}

std::string line_of(const Draft& draft, Id index, const BlockProduct& p) {
  std::string text =
      fmt::format("  product {}: {} x {} x {}; a{}{}, b{}{}", index, p.m * p.rows, p.n * p.columns,
                  p.depth, p.transpose_a ? "ᵀ" : "", p.ones ? " ones" : list_of(draft.ids(p.a)),
                  p.transpose_b ? "ᵀ" : "", list_of(draft.ids(p.b)));
  if (!p.bias.empty()) text += fmt::format(", bias{}", list_of(draft.ids(p.bias)));
  text += fmt::format(" ->{}", list_of(draft.ids(p.out)));
  if (!p.sums.empty()) text += fmt::format(", sums{}", list_of(draft.ids(p.sums)));
  if (p.swept) text += ", added up by sweeps";
  if (p.packed >= 0) text += fmt::format(", b packed as {}", p.packed);
  return text;
}

}  // namespace

std::string Trace::after(std::string_view stage, const Draft& draft) {
  std::set<std::string> lines;
  std::string text = fmt::format("after {}:\n", stage);
  std::size_t shown = 0;
  const auto show = [&](const std::string& line) {
    lines.insert(line);
    if (lines_.contains(line)) return;
    text += line + "\n";
    ++shown;
  };
  for (Id id = 0; id < draft.values.size(); ++id) {
    if (draft.values[id].role != Role::gone) show(line_of(draft, id));
  }
  for (Id i = 0; i < draft.products.size(); ++i) {
    if (!draft.products[i].is_gone()) show(line_of(draft, i, draft.products[i]));
  }
  if (draft.shares_sweeps) show("  element-wise values of one shape share sweeps");
  if (draft.reuses_memory) show("  memory is used again, values can move");
  if (draft.threads > 1) show(fmt::format("  on {} threads", draft.threads));
  if (shown == 0) text += "  nothing new\n";
  lines_ = std::move(lines);
  return text + "\n";
}

std::string to_string(const Draft& draft, const std::vector<Task>& tasks) {
  std::string text = "order:\n";
  for (std::size_t t = 0; t < tasks.size(); ++t) {
    const Task& task = tasks[t];
    text += fmt::format("{:>5}  ", t);
    switch (task.kind) {
      case Task::Kind::product:
        text += fmt::format("product {}", task.id);
        break;
      case Task::Kind::kernel:
        text += fmt::format("kernel of {} ({})", task.id, name_of(draft, task.id));
        if (task.second != kNone) text += fmt::format(", which gives {} too", task.second);
        break;
      case Task::Kind::copy:
        text += fmt::format("copy {} to {}", draft.inputs_of(task.id)[0], task.id);
        break;
      case Task::Kind::sweep:
        text += fmt::format("sweep of{}", list_of(task.nodes));
        if (!task.copies.empty()) {
          text += fmt::format(", copies{}", list_of(task.copies));
        }
        if (!task.sums.empty()) text += fmt::format(", sums{}", list_of(task.sums));
        for (const SumTerm& term : task.terms) {
          text += fmt::format(", adds {} to product {}", term.of, term.product);
        }
        break;
    }
    text += "\n";
  }
  return text + "\n";
}

}  // namespace unroll
