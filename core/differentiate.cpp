#include <unroll/core/differentiate.h>
#include <unroll/core/tape.h>

#include <algorithm>

namespace unroll {

Var Backward::in(int i) const {
  const Graph& graph = tape_.graph();
  const Node& node = graph.nodes[node_];
  return {&tape_, graph.inputs_of(node)[static_cast<std::size_t>(i)], dy_.generation()};
}

Var Backward::y() const { return {&tape_, node_, dy_.generation()}; }

const Attributes& Backward::attributes() const { return tape_.graph().nodes[node_].attributes; }

void Backward::add(int i, Var dx) {
  if (!wants(i)) return;
  tape_.require(dx);
  const std::uint32_t input = in(i).index();
  const std::vector<Node>& nodes = tape_.graph().nodes;
  if (nodes[dx.index()].shape != nodes[input].shape) {
    const Shape shape = nodes[input].shape;  // a copy: recording moves the nodes
    dx = gradient_algebra().sum_to(dx, shape);
  }
  contributions_.push_back({input, dx});
}

Differentiation::Differentiation(Tape& tape, Var loss, std::span<const Var> wrt)
    : tape_(tape), loss_(loss.index()), first_(loss.index() + 1) {
  for (const Var& var : wrt) first_ = std::min(first_, var.index());
  if (first_ > loss_) return;
  mark_dependents(wrt);
  walk();
}

void Differentiation::mark_dependents(std::span<const Var> wrt) {
  const std::size_t count = loss_ + 1 - first_;
  depends_.assign(count, 0);
  head_.assign(count, -1);
  contributions_.reserve(count);
  for (const Var& var : wrt) {
    if (var.index() <= loss_) depends_[var.index() - first_] = 1;
  }
  const Graph& graph = tape_.graph();
  for (const Var& var : wrt) {
    if (graph.nodes[var.index()].fixed) asked_.push_back(graph.nodes[var.index()].twin);
  }
  std::ranges::sort(asked_);
  for (std::uint32_t i = first_; i <= loss_; ++i) {
    const Node& node = graph.nodes[i];
    if (node.op->gradient == nullptr) continue;  // a leaf, or an operation that has no gradient
    const auto inputs = graph.inputs_of(node);
    const bool reached = std::any_of(inputs.begin(), inputs.end(), [&](std::uint32_t input) {
      return input >= first_ && depends_[input - first_] != 0;
    });
    if (reached) depends_[i - first_] = 1;
  }
}

void Differentiation::walk() {
  if (depends_[loss_ - first_] == 0) return;
  const struct Restore {  // also where a gradient rule throws
    Tape& tape;
    std::int32_t step = tape.step_;
    std::int32_t origin = tape.origin_;
    ~Restore() {
      tape.step_ = step;
      tape.origin_ = origin;
    }
  } restore{tape_};
  tape_.origin_ = static_cast<std::int32_t>(loss_);
  contribute(loss_, gradient_algebra().full(tape_, tape_.graph().nodes[loss_].shape, 1));
  for (std::uint32_t i = loss_ + 1; i-- > first_;) visit(i);
}

void Differentiation::visit(std::uint32_t index) {
  if (head_[index - first_] < 0) return;
  tape_.step_ = tape_.graph().nodes[index].step;
  tape_.origin_ = static_cast<std::int32_t>(index);
  const Var dy = sum(index);
  note_passed(index, index, dy);
  const Node& node = tape_.graph().nodes[index];  // until the rule records, which moves the nodes
  if (node.op->gradient == nullptr) return;

  wanted_.clear();
  bool any = false;
  for (const std::uint32_t input : tape_.graph().inputs_of(node)) {
    const bool wanted = input >= first_ && depends_[input - first_] != 0;
    wanted_.push_back(wanted ? 1 : 0);
    any = any || wanted;
  }
  if (!any) return;
  given_.clear();
  Backward backward(tape_, index, dy, wanted_, given_);
  node.op->gradient(backward);
  for (const auto& [input, dx] : given_) {
    note_passed(index, with_twins(input), dx);
    contribute(input, dx);
  }
}

/// Where the contributions to a node are added up. Nodes that compute the same of parameters pass
/// their gradients on as one, unless the gradient of one of them is asked for.
std::uint32_t Differentiation::with_twins(std::uint32_t index) const {
  const Node& node = tape_.graph().nodes[index];
  const bool passes_on = node.fixed && node.twin != index && node.twin >= first_;
  return passes_on && !std::ranges::binary_search(asked_, node.twin) ? node.twin : index;
}

void Differentiation::contribute(std::uint32_t index, Var dx) {
  index = with_twins(index);
  contributions_.push_back({dx, head_[index - first_]});
  head_[index - first_] = static_cast<std::int32_t>(contributions_.size() - 1);
}

void Differentiation::note_passed(std::uint32_t node, std::uint32_t input, Var gradient) {
  tape_.graph_.passed.push_back({loss_, node, input, gradient.index()});
}

/// All contributions to a node as one, which stands in their place from here on.
Var Differentiation::sum(std::uint32_t index) {
  Contribution& last = contributions_[static_cast<std::size_t>(head_[index - first_])];
  if (last.next < 0) return last.dx;
  terms_.assign(1, last.dx);
  for (std::int32_t i = last.next; i >= 0;) {
    const Contribution& contribution = contributions_[static_cast<std::size_t>(i)];
    terms_.push_back(contribution.dx);
    i = contribution.next;
  }
  last = {gradient_algebra().sum(terms_), -1};
  return last.dx;
}

std::optional<Var> Differentiation::gradient(Var var) const {
  if (var.index() < first_ || var.index() > loss_) return std::nullopt;
  const std::int32_t head = head_[var.index() - first_];
  if (head < 0) return std::nullopt;
  return contributions_[static_cast<std::size_t>(head)].dx;
}

}  // namespace unroll
