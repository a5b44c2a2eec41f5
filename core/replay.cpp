#include <unroll/core/plan/make_plan.h>
#include <unroll/core/plan/schedule.h>
#include <unroll/core/replay.h>
#include <unroll/core/run/run_plan.h>
#include <unroll/core/run/threads.h>

#include <utility>

namespace unroll {

Replay::Replay(Tape& tape, std::span<const Var> inputs, std::span<const Var> outputs)
    : tape_(tape) {
  for (const Var& var : inputs) {
    tape.require(var);
    const Node& node = tape.graph().nodes[var.index()];
    if (node.op->kind != OpKind::leaf || node.parameter >= 0) {
      fail<HandleError>("Var #{}{} ({}) is no input of the tape: a replay cannot change it",
                        var.index(), tape.called(var.index()), node.op->name);
    }
    inputs_.push_back(var.index());
  }
  for (const Var& var : outputs) {
    tape.require(var);
    outputs_.push_back(var.index());
  }
  generation_ = tape.generation_;
  forget_dependents();
  std::vector<std::uint32_t> schedule;
  make_schedule(tape.graph(), outputs_, tape.marks_, schedule);
  std::vector<std::uint32_t> numbers;
  Request request;
  request.describe(tape.graph(), schedule, outputs_, Request::Purpose::replay, numbers);
  nodes_ = request.nodes;
  plan_ =
      std::make_unique<Plan>(make_plan(tape.graph(), std::move(request), tape.passes_, threads()));
  memory_ = Buffer(static_cast<std::size_t>(plan_->bytes), Buffer::Content::any);
  tape.note_forgotten(schedule);
}

Replay::~Replay() = default;

/// What was computed of the inputs before is to be computed again.
void Replay::forget_dependents() {
  std::vector<Node>& nodes = tape_.graph_.nodes;
  std::vector<std::uint8_t> depends(nodes.size(), 0);
  for (const std::uint32_t input : inputs_) depends[input] = 1;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    for (const std::uint32_t input : tape_.graph_.inputs_of(nodes[i])) {
      if (depends[input] == 0) continue;
      depends[i] = 1;
      nodes[i].value = nullptr;
      nodes[i].stride = 0;
    }
  }
}

void Replay::set(std::size_t i, const TensorView& values) {
  const Node& node = tape_.graph().nodes[inputs_.at(i)];
  if (values.shape != node.shape) {
    fail<ShapeError>("input {} of a replay is {}: it cannot be set to {}", i,
                     node.shape.to_string(), values.shape.to_string());
  }
  convert(values, node.dtype, node.value);
}

void Replay::run() {
  if (!is_current()) {
    fail<HandleError>("a replay of a tape that was cleared, or of parameters that have changed");
  }
  packed_by_ = run_plan(*plan_, tape_.graph_, nodes_, memory_.data(), packed_by_);
  results_.clear();
  for (std::size_t i = 0; i < outputs_.size(); ++i) results_.push_back(result(i));
}

/// The values of an output in one piece.
TensorView Replay::result(std::size_t i) {
  const Node& node = tape_.graph().nodes[outputs_[i]];
  if (node.stride == 0) return {node.dtype, node.shape, node.value};
  dense_.resize(outputs_.size());
  if (dense_[i].shape() != node.shape) dense_[i] = Tensor(node.dtype, node.shape);
  copy_rows(node, dense_[i].data());
  return dense_[i];
}

bool Replay::is_current() const {
  if (tape_.generation_ != generation_) return false;
  for (std::size_t i = 0; i < tape_.parameter_nodes_.size(); ++i) {
    if (!tape_.is_current(static_cast<std::int32_t>(i))) return false;
  }
  return true;
}

}  // namespace unroll
