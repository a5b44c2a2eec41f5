#include <unroll/core/parameters.h>
#include <unroll/core/plan/plan.h>
#include <unroll/core/planner.h>
#include <unroll/core/view/tape_view.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace unroll {
namespace {

/// As short as it can be read again to 7 digits; JSON has no numbers that are not finite.
nlohmann::ordered_json number(double value) {
  if (!std::isfinite(value)) return fmt::format("{}", value);
  return std::strtod(fmt::format("{:.7g}", value).c_str(), nullptr);
}

bool is_parameter(const Node& node) { return node.op->kind == OpKind::leaf && node.parameter >= 0; }

std::string_view name_of(OpKind kind) {
  switch (kind) {
    case OpKind::leaf:
      return "leaf";
    case OpKind::elementwise:
      return "elementwise";
    case OpKind::view:
      return "view";
    case OpKind::concat:
      return "concat";
    case OpKind::slice:
      return "slice";
    case OpKind::product:
      return "product";
    case OpKind::other:
      break;
  }
  return "other";
}

}  // namespace

TapeView::TapeView(Tape& tape, Var loss, const ViewOptions& options)
    : tape_(tape), loss_(loss), numbers_(options.numbers) {
  tape.require(loss);
}

nlohmann::ordered_json TapeView::json() {
  differentiate();
  run();
  find_nodes();
  Json page;
  page["loss"] = loss_.index();
  page["dtype"] = unroll::name_of(tape_.dtype());
  page["plan"] = plan();  // reading values may run plans of its own
  Json nodes = Json::array();
  for (const std::uint32_t i : nodes_) nodes.push_back(node(i));
  page["nodes"] = std::move(nodes);
  page["passed"] = passed();
  page["layers"] = layers_.names;
  Json ops = Json::array();
  for (const Op* const op : ops_) {
    Json entry = {{"name", op->name}, {"formula", op->formula}, {"kind", name_of(op->kind)}};
    if (op->gradient == nullptr && op->kind != OpKind::leaf) entry["constant"] = op->no_gradient;
    ops.push_back(std::move(entry));
  }
  page["ops"] = std::move(ops);
  return page;
}

/// Records the gradient where the tape has none of this loss.
void TapeView::differentiate() {
  const Graph& graph = tape_.graph_;
  const bool is_there = std::ranges::any_of(
      graph.passed, [&](const PassedGradient& p) { return p.loss == loss_.index(); });
  if (is_there || tape_.inferences_ > 0 || !is_floating(loss_.dtype())) return;
  std::vector<Var> parameters;
  std::vector<Var> inputs;
  for (std::uint32_t i = 0; i <= loss_.index(); ++i) {
    const Node& node = graph.nodes[i];
    if (is_parameter(node) && tape_.is_current(node.parameter)) {
      parameters.emplace_back(&tape_, i, tape_.generation_);
    } else if (node.op->kind == OpKind::leaf && is_floating(node.dtype)) {
      inputs.emplace_back(&tape_, i, tape_.generation_);
    }
  }
  (void)tape_.gradients(loss_, parameters.empty() ? inputs : parameters);
}

/// Whether the plan that ran last computed gradients of this loss.
bool TapeView::has_plan() const {
  const Plan* const plan = tape_.planner_->latest();
  if (plan == nullptr || tape_.planned_generation_ != tape_.generation_) return false;
  const auto ran = tape_.planner_->nodes().first(plan->request.work.size());
  return std::ranges::any_of(ran, [&](std::uint32_t i) { return i > loss_.index(); });
}

/// Runs the loss and its gradients, all in one, where no plan has.
void TapeView::run() {
  if (has_plan()) return;
  std::vector<std::uint32_t> targets;
  const auto want = [&](std::uint32_t i) {
    if (tape_.graph_.nodes[i].value == nullptr && !tape_.is_lost(i)) targets.push_back(i);
  };
  want(loss_.index());
  for (const PassedGradient& p : tape_.graph_.passed) {
    if (p.loss != loss_.index() || p.node != p.input) continue;
    if (tape_.graph_.nodes[p.node].op->kind == OpKind::leaf) want(p.gradient);
  }
  std::ranges::sort(targets);
  targets.erase(std::unique(targets.begin(), targets.end()), targets.end());
  if (targets.empty()) return;
  const bool timed = tape_.planner_->timing();
  tape_.set_timing(true);
  try {
    tape_.run(targets, tape_.inferences_ == 0);
  } catch (...) {
    tape_.set_timing(timed);
    throw;
  }
  tape_.set_timing(timed);
}

/// What the loss was computed from, and what its gradients were.
void TapeView::find_nodes() {
  const Graph& graph = tape_.graph_;
  shown_.assign(graph.nodes.size(), 0);
  shown_[loss_.index()] = 1;
  for (const PassedGradient& p : graph.passed) {
    if (p.loss == loss_.index()) shown_[p.gradient] = 1;
  }
  for (std::uint32_t i = static_cast<std::uint32_t>(graph.nodes.size()); i-- > 0;) {
    if (shown_[i] == 0) continue;
    for (const std::uint32_t input : graph.inputs_of(graph.nodes[i])) shown_[input] = 1;
  }
  std::vector<std::uint32_t> forward;
  for (std::uint32_t i = 0; i < graph.nodes.size(); ++i) {
    if (shown_[i] == 0) continue;
    nodes_.push_back(i);
    if (i <= loss_.index()) forward.push_back(i);
  }
  layers_ = find_layers(graph, forward);
  names_ = tape_.names();
  constexpr Index kLeast = 4;
  constexpr Index kMost = 64;
  most_ = std::clamp(numbers_ / static_cast<Index>(nodes_.size()), kLeast, kMost);
}

std::size_t TapeView::number_of(const Op& op) {
  const auto known = std::ranges::find(ops_, &op);
  const auto number = static_cast<std::size_t>(known - ops_.begin());
  if (known == ops_.end()) ops_.push_back(&op);
  return number;
}

nlohmann::ordered_json TapeView::node(std::uint32_t i) {
  const Node node = tape_.graph_.nodes[i];  // a copy: reading a value may record nothing, but run
  Json entry = {{"i", i}, {"op", number_of(*node.op)}};
  const std::string detail = node.op->describe ? node.op->describe(node.attributes) : "";
  if (is_parameter(node)) {
    entry["parameter"] = detail;
  } else if (!detail.empty()) {
    entry["detail"] = detail;
  }
  if (!names_[i].empty()) entry["name"] = names_[i];
  Json shape = Json::array();
  for (int axis = 0; axis < node.shape.rank(); ++axis) shape.push_back(node.shape[axis]);
  entry["shape"] = std::move(shape);
  if (node.input_count > 0) entry["in"] = tape_.graph_.inputs_of(node);
  if (node.step >= 0) entry["t"] = node.step;
  if (node.origin >= 0) entry["of"] = node.origin;
  if (layers_.of_node[i] != Layers::kNone) entry["layer"] = layers_.of_node[i];
  if (node.fixed) entry["fixed"] = true;
  if (node.fixed && node.twin != i) entry["twin"] = node.twin;
  entry["value"] = value(i);
  return entry;
}

/// The first numbers of a value as a table, row by row, with the least, the greatest and the norm
/// of all of it; null where it is gone.
nlohmann::ordered_json TapeView::value(std::uint32_t i) {
  const Node& node = tape_.graph_.nodes[i];
  if ((node.parameter >= 0 && !tape_.is_current(node.parameter)) || tape_.is_lost(i))
    return nullptr;
  const TensorView values = tape_.value(Var(&tape_, i, tape_.generation_));
  const Index size = values.size();
  const Index columns = values.shape.rank() == 0 ? 1 : values.shape[values.shape.rank() - 1];
  const Index rows = columns == 0 ? 0 : size / columns;
  // A table of equal sides, or longer where the value is narrow.
  const Index side = std::max<Index>(1, static_cast<Index>(std::sqrt(static_cast<double>(most_))));
  const Index across =
      std::min(columns, std::max(side, most_ / std::max<Index>(1, std::min(rows, side))));
  const Index down = across == 0 ? 0 : std::min(rows, std::max<Index>(1, most_ / across));
  double least = size > 0 ? values.at(0) : 0;
  double greatest = least;
  double squares = 0;
  for (Index k = 0; k < size; ++k) {
    const double x = values.at(k);
    least = std::min(least, x);
    greatest = std::max(greatest, x);
    squares += x * x;
  }
  Json shown = Json::array();
  for (Index row = 0; row < down; ++row) {
    for (Index column = 0; column < across; ++column) {
      shown.push_back(number(values.at(row * columns + column)));
    }
  }
  return {{"x", std::move(shown)},
          {"columns", across},
          {"min", number(least)},
          {"max", number(greatest)},
          {"norm", number(std::sqrt(squares))}};
}

/// The gradients that nodes passed to their inputs, in the order of the walk: [node, input,
/// gradient].
nlohmann::ordered_json TapeView::passed() const {
  Json result = Json::array();
  for (const PassedGradient& p : tape_.graph_.passed) {
    if (p.loss == loss_.index()) result.push_back({p.node, p.input, p.gradient});
  }
  return result;
}

/// The steps of the plan that ran last, if it ran these nodes: which they compute and, in products
/// that add up several, which they take the place of.
nlohmann::ordered_json TapeView::plan() {
  if (!has_plan()) return nullptr;
  const Plan& plan = *tape_.planner_->latest();
  const std::span<const std::uint32_t> nodes = tape_.planner_->nodes();
  const std::span<const double> times = tape_.planner_->milliseconds();
  Json steps = Json::array();
  std::vector<std::int32_t> step_of(tape_.graph_.nodes.size(), -1);
  std::vector<std::uint8_t> ran(tape_.graph_.nodes.size(), 0);
  for (const std::uint32_t i : nodes.first(plan.request.work.size())) ran[i] = 1;
  std::size_t next = 0;
  for (std::size_t s = 0; s < plan.steps.size(); ++s) {
    const StepText text = describe(plan, plan.steps[s]);
    Json step = {{"kernel", text.kernel},
                 {"shape", text.shape},
                 {"flops", text.flops},
                 {"bytes", text.bytes},
                 {"nodes", Json::array()}};
    for (std::uint32_t k = 0; k < plan.steps[s].results; ++k) {
      const std::uint32_t node = nodes[plan.results[next++]];
      if (shown_[node] == 0) continue;
      step_of[node] = static_cast<std::int32_t>(s);
      step["nodes"].push_back(node);
    }
    if (s < times.size()) step["ms"] = number(times[s]);
    steps.push_back(std::move(step));
  }
  Json result = {{"steps", std::move(steps)}, {"threads", plan.threads}};
  // Some nodes have no step of their own. A view belongs to the step of its input; any other such
  // node was fused into the step of the node that reads it.
  std::vector<std::int32_t> reader(tape_.graph_.nodes.size(), -1);
  for (std::uint32_t i = static_cast<std::uint32_t>(tape_.graph_.nodes.size()); i-- > 0;) {
    if (ran[i] == 0) continue;
    if (step_of[i] < 0) {
      step_of[i] = reader[i];
      const OpKind kind = tape_.graph_.nodes[i].op->kind;
      const bool lies = kind == OpKind::view || kind == OpKind::slice || kind == OpKind::concat;
      if (shown_[i] != 0 && reader[i] >= 0 && !lies) {
        result["steps"][static_cast<std::size_t>(reader[i])]["nodes"].push_back(i);
      }
    }
    for (const std::uint32_t input : tape_.graph_.inputs_of(tape_.graph_.nodes[i])) {
      reader[input] = step_of[i];
    }
  }
  return result;
}

}  // namespace unroll
