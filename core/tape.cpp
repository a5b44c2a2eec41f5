#include <unroll/core/differentiate.h>
#include <unroll/core/parameter_store.h>
#include <unroll/core/plan/schedule.h>
#include <unroll/core/planner.h>
#include <unroll/core/run/executor.h>
#include <unroll/core/tape.h>

#include <algorithm>
#include <cstring>

namespace unroll {
namespace {

const Op kInput{OpInfo{.name = "input",
                       .formula = "values from outside",
                       .kind = OpKind::leaf,
                       .min_inputs = 0,
                       .max_inputs = 0}};

void check_inputs(const Op& op, const Graph& graph, std::span<const std::uint32_t> inputs) {
  const int count = static_cast<int>(inputs.size());
  if (count < op.min_inputs || count > op.max_inputs) {
    fail<Error>("{}: {} inputs, expected {} to {}", op.name, count, op.min_inputs, op.max_inputs);
  }
  if (op.any_dtype) {
    for (const std::uint32_t input : inputs) {
      if (graph.nodes[input].dtype != graph.nodes[inputs[0]].dtype) {
        fail<TypeError>("{}: inputs of different types, {} and {}", op.name,
                        name_of(graph.nodes[inputs[0]].dtype), name_of(graph.nodes[input].dtype));
      }
    }
    return;
  }
  for (int i = 0; i < count; ++i) {
    const DType dtype = graph.nodes[inputs[static_cast<std::size_t>(i)]].dtype;
    const bool integer = i < 32 && ((op.integer_inputs >> i) & 1U) != 0;
    if (integer == is_floating(dtype)) {
      fail<TypeError>("{}: input {} is {}, expected {}", op.name, i, name_of(dtype),
                      integer ? "i32" : "floating-point values");
    }
  }
}

}  // namespace

Tape::Tape(DType dtype) : dtype_(dtype), planner_(std::make_unique<Planner>()) {
  if (!is_floating(dtype)) fail<TypeError>("a tape is f32 or f64, not {}", unroll::name_of(dtype));
}

Tape::~Tape() { detach(); }

void Tape::detach() {
  for (const auto& store : stores_) store->detach(*this);
  for (const auto& workspace : workspaces_) workspace->tape = nullptr;
  stores_.clear();
  workspaces_.clear();
}

void Tape::discard(Var var) {
  require(var);
  const bool spent = var.index() < spent_.size() && spent_[var.index()] != 0;
  if (!spent) graph_.nodes[var.index()].unasked = true;
}

void Tape::clear() {
  detach();
  parameter_nodes_.clear();
  parameter_readers_.clear();
  parameter_views_.clear();
  fixed_nodes_.clear();
  graph_.nodes.clear();
  graph_.inputs.clear();
  graph_.passed.clear();
  spent_.clear();
  name_sources_.clear();
  arena_.reset();
  has_lost_ = false;
  ++generation_;
}

void Tape::refuse(Var var) const {
  if (&var.tape() != this) {
    fail<HandleError>("Var #{} belongs to another tape", var.index());
  }
  fail<HandleError>(
      "Var #{} belongs to a tape that was cleared (generation {}, now {}); carry() values across "
      "tape.clear()",
      var.index(), var.generation(), generation_);
}

/// A new last node, to be filled where it stands: one made elsewhere and copied costs as much as
/// all else that recording does.
Node& Tape::append(const Op& op, const Attributes& attributes) {
  Node& node = graph_.nodes.emplace_back(&op, attributes);
  node.dtype = dtype_;
  node.step = step_;
  node.origin = origin_;
  node.unasked = origin_ >= 0;  // only gradient rules see it, until it is handed out
  return node;
}

Var Tape::input(const TensorView& values) {
  const DType dtype = is_floating(values.dtype) ? dtype_ : values.dtype;
  std::byte* const copy = arena_.allocate(static_cast<std::size_t>(values.size()) * size_of(dtype));
  convert(values, dtype, copy);
  Node& node = append(kInput);
  node.shape = values.shape;
  node.dtype = dtype;
  node.value = copy;
  return last();
}

Var Tape::record(const Op& op, std::span<const Var> inputs, const Attributes& attributes) {
  for (const Var& input : inputs) require(input);
  const std::size_t first = graph_.inputs.size();
  for (const Var& input : inputs) graph_.inputs.push_back(input.index());
  Node& node = append(op, attributes);
  node.first_input = static_cast<std::uint32_t>(first);
  node.input_count = static_cast<std::uint32_t>(inputs.size());
  const std::span<const std::uint32_t> indices = graph_.inputs_of(node);
  bool reads_parameters = false;
  bool fixed = !inputs.empty();
  try {
    check_inputs(op, graph_, indices);
    node.shape = op.shape(Signature(op, graph_, indices, node.attributes));
    for (const std::uint32_t input : indices) {
      const std::int32_t parameter = graph_.nodes[input].parameter;
      fixed = fixed && graph_.nodes[input].fixed;
      if (parameter < 0) continue;
      require_current(parameter);
      reads_parameters = true;
    }
  } catch (...) {
    graph_.inputs.resize(first);
    graph_.nodes.pop_back();
    throw;
  }
  if (op.any_dtype) node.dtype = graph_.nodes[indices[0]].dtype;
  if (op.integer_result) node.dtype = DType::i32;
  node.fixed = fixed;
  if (fixed) node.twin = twin_of_last();
  if (reads_parameters) note_reader(node);
  return last();
}

/// The first node that is the same operation as the last one, on the same nodes or on twins of
/// them.
std::uint32_t Tape::twin_of_last() {
  const Node& node = graph_.nodes.back();
  const auto inputs = graph_.inputs_of(node);
  const auto twin = [&](std::uint32_t input) { return graph_.nodes[input].twin; };
  std::size_t hash = std::hash<const Op*>()(node.op) ^ node.attributes.hash();
  for (const std::uint32_t input : inputs) hash = hash * 0x9e3779b97f4a7c15U + twin(input);
  const auto [begin, end] = fixed_nodes_.equal_range(hash);
  const auto same = std::find_if(begin, end, [&](const auto& entry) {
    const Node& other = graph_.nodes[entry.second];
    return other.op == node.op && other.attributes == node.attributes &&
           std::ranges::equal(graph_.inputs_of(other), inputs, {}, twin, twin);
  });
  if (same != end) return same->second;
  fixed_nodes_.emplace(hash, last().index());
  return last().index();
}

TensorView Tape::value(Var var) {
  require(var);
  const std::uint32_t index = var.index();
  if (graph_.nodes[index].value == nullptr) run({&index, 1});
  close_gaps(index);
  const Node& node = graph_.nodes[index];
  if (node.parameter >= 0) require_current(node.parameter);
  return {node.dtype, node.shape, node.value};
}

/// A value whose rows lie apart, copied to one piece: what everybody but a plan reads.
void Tape::close_gaps(std::uint32_t index) {
  Node& node = graph_.nodes[index];
  if (node.stride == 0) return;
  std::byte* const dense =
      arena_.allocate(static_cast<std::size_t>(node.shape.size()) * size_of(node.dtype));
  copy_rows(node, dense);
  node.value = dense;
  node.stride = 0;
}

void Tape::run(std::span<const std::uint32_t> targets, bool for_gradients,
               const OnComputed& on_computed) {
  make_schedule(graph_, targets, marks_, schedule_);
  require_not_lost();
  // One or two nodes are not worth a plan; anomaly mode looks at every node.
  constexpr std::size_t kWorthPlanning = 3;
  if (passes_.any() && !anomaly_mode_ && schedule_.size() >= kWorthPlanning) {
    const auto purpose = for_gradients     ? Request::Purpose::gradients
                         : inferences_ > 0 ? Request::Purpose::inference
                                           : Request::Purpose::values;
    try {
      planner_->run(graph_, schedule_, targets, purpose, passes_, arena_, on_computed);
      planned_generation_ = generation_;
    } catch (const ValueError&) {
      if (on_computed) throw;  // its caller already uses some of the values
      run_one_by_one();  // of several errors, the one of the line recorded first is to be seen
    }
  } else {
    run_one_by_one();
  }
  if (for_gradients || inferences_ > 0) note_forgotten(schedule_);
}

void Tape::run_one_by_one() {
  for (const std::uint32_t index : schedule_) {
    for (const std::uint32_t input : graph_.inputs_of(graph_.nodes[index])) close_gaps(input);
  }
  const NodeName called = [this](std::uint32_t index) { return this->called(index); };
  execute(graph_, schedule_, arena_, anomaly_mode_ ? &called : nullptr);
}

/// Notes nodes of which the values that were not kept are of no use to gradients any more.
void Tape::note_forgotten(std::span<const std::uint32_t> nodes) {
  spent_.resize(graph_.nodes.size());
  for (const std::uint32_t index : nodes) {
    spent_[index] = 1;
    if (inferences_ > 0 && graph_.nodes[index].value == nullptr) graph_.nodes[index].unasked = true;
  }
}

void Tape::set_passes(const Passes& passes) {
  passes_ = passes;
  planner_->forget();
}

void Tape::set_plan_memory(std::size_t bytes) { planner_->set_memory(bytes); }

void Tape::set_timing(bool on) { planner_->set_timing(on); }

std::string Tape::plan_to_string() const { return planner_->to_string(); }

void Tape::require_gradients() const {
  if (inferences_ > 0) fail<Error>("gradients are asked for in an Inference scope");
}

std::vector<Var> Tape::gradients(Var loss, std::span<const Var> wrt) {
  require_gradients();
  require(loss);
  for (const Var& var : wrt) require(var);
  Differentiation walk(*this, loss, wrt);
  std::vector<Var> result;
  for (const Var& var : wrt) {
    const std::optional<Var> gradient = walk.gradient(var);
    result.push_back(gradient ? *gradient : gradient_algebra().full(*this, var.shape(), 0));
    graph_.nodes[result.back().index()].unasked = false;
  }
  return result;
}

Gradients Tape::gradients(Var loss, const Parameters& parameters, Unreached unreached) {
  require_gradients();
  require(loss);
  std::vector<Var> wrt;
  std::vector<std::size_t> positions;                      // in parameter_nodes_
  const std::vector<Parameter> wanted = parameters.all();  // ascending
  const auto is_wanted = [&](const Parameter& parameter) {
    return parameter.store() == &parameters.store() &&
           std::ranges::binary_search(wanted, parameter.index(), {}, &Parameter::index);
  };
  for (std::size_t i = 0; i < parameter_nodes_.size(); ++i) {
    const ParameterNode& known = parameter_nodes_[i];
    if (!is_wanted(known.parameter)) continue;
    wrt.emplace_back(this, known.index, generation_);
    positions.push_back(i);
  }
  Differentiation walk(*this, loss, wrt);
  std::vector<Gradients::Reached> reached;
  for (std::size_t i = 0; i < wrt.size(); ++i) {
    const auto gradient = walk.gradient(wrt[i]);
    if (!gradient) continue;
    // A parameter that was changed and taken again has two nodes; a loss may reach the new one.
    require_current(static_cast<std::int32_t>(positions[i]));
    reached.push_back({parameter_nodes_[positions[i]].parameter.index(), *gradient});
  }
  if (reached.empty() && !wanted.empty() && unreached == Unreached::error) {
    fail<Error>(
        "gradients: no gradient of the loss, node #{}{} ({}), reaches any of the {} parameters of "
        "the tree, of which the first is '{}': are they those of the model?",
        loss.index(), called(loss.index()), graph_.nodes[loss.index()].op->name, wanted.size(),
        wanted[0].name());
  }
  return {parameters, loss, std::move(reached)};
}

std::size_t Tape::bytes() const {
  return planner_->bytes() + arena_.bytes() + name_sources_.bytes() +
         graph_.nodes.capacity() * sizeof(Node) + graph_.inputs.capacity() * sizeof(std::uint32_t) +
         graph_.passed.capacity() * sizeof(PassedGradient);
}

Tape::StepScope::StepScope(Tape& tape, Index step) : tape_(tape), previous_(tape.step_) {
  tape_.step_ = static_cast<std::int32_t>(step);
}

Tape::StepScope::~StepScope() { tape_.step_ = previous_; }

void Var::never_recorded() { fail<HandleError>("a Var that was never recorded"); }

TensorView Var::value() const { return tape().value(*this); }

double Var::item() const {
  const TensorView values = value();
  if (values.size() != 1) {
    fail<ShapeError>("item() of Var #{}{}, which has shape {}: it has to have one element", index_,
                     tape().called(index_), values.shape.to_string());
  }
  return values.at(0);
}

}  // namespace unroll
