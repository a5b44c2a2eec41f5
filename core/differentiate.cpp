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
  const Var input = in(i);
  const Shape shape = input.shape();
  if (dx.shape() != shape) dx = gradient_algebra().sum_to(dx, shape);
  contributions_.push_back({input.index(), dx});
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
  asked_.assign(count, 0);
  head_.assign(count, -1);
  found_.assign(count, std::nullopt);
  for (const Var& var : wrt) {
    if (var.index() > loss_) continue;
    depends_[var.index() - first_] = 1;
    asked_[var.index() - first_] = 1;
  }
  const Graph& graph = tape_.graph();
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
  const Node node = tape_.graph().nodes[index];  // a copy: recording moves the nodes
  tape_.step_ = node.step;
  tape_.origin_ = static_cast<std::int32_t>(index);
  const Var dy = sum(index);
  if (asked_[index - first_] != 0) found_[index - first_] = dy;
  if (node.op->gradient == nullptr) return;

  wanted_.clear();
  for (const std::uint32_t input : tape_.graph().inputs_of(node)) {
    wanted_.push_back(input >= first_ ? depends_[input - first_] : 0);
  }
  if (std::find(wanted_.begin(), wanted_.end(), 1) == wanted_.end()) return;
  given_.clear();
  Backward backward(tape_, index, dy, wanted_, given_);
  node.op->gradient(backward);
  for (const auto& [input, dx] : given_) contribute(input, dx);
}

void Differentiation::contribute(std::uint32_t index, Var dx) {
  contributions_.push_back({dx, head_[index - first_]});
  head_[index - first_] = static_cast<std::int32_t>(contributions_.size() - 1);
}

Var Differentiation::sum(std::uint32_t index) {
  terms_.clear();
  for (std::int32_t i = head_[index - first_]; i >= 0;) {
    const Contribution& contribution = contributions_[static_cast<std::size_t>(i)];
    terms_.push_back(contribution.dx);
    i = contribution.next;
  }
  return terms_.size() == 1 ? terms_.front() : gradient_algebra().sum(terms_);
}

std::optional<Var> Differentiation::gradient(Var var) const {
  if (var.index() < first_ || var.index() > loss_) return std::nullopt;
  return found_[var.index() - first_];
}

}  // namespace unroll
