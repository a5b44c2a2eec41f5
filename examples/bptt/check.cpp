#include "bptt/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "common/output.h"

namespace bptt {

using namespace unroll;
using examples::say;

namespace {

/// How many times the right gradient the rule gives.
struct Factor {
  double factor;
};

struct PlantedTanh {
  static constexpr OpInfo info{.name = "planted_tanh", .formula = "y = tanh(x)"};
  static Shape shape(const Signature& s) { return s.shape(0); }
  template <class T>
  static void forward(const KernelCall& k) {
    std::transform(k.in<T>(0), k.in<T>(0) + k.shape().size(), k.out<T>(),
                   [](T x) { return std::tanh(x); });
  }
  static void gradient(Backward& b) {
    b.add(0, b.dy() * (1 - b.y() * b.y()) * b.attributes<Factor>().factor);
  }
  static std::vector<Sample> samples() { return {}; }
  static std::vector<BadInput> bad_inputs() { return {}; }
};
using Family = OpFamily<PlantedTanh>;

}  // namespace

Var planted_tanh(Var x, double factor) {
  return x.tape().record(Family::op<PlantedTanh>(), {&x, 1}, Attributes(Factor{factor}));
}

PlantedLstm::State PlantedLstm::step(Var x, State s) const {
  const Var it = sigmoid(lstm_.i(x, s.h));
  const Var ft = sigmoid(lstm_.f(x, s.h));
  const Var ot = sigmoid(lstm_.o(x, s.h));
  const Var gt = tanh(lstm_.g(x, s.h));
  const Var c = ft * s.c + it * gt;
  return {ot * planted_tanh(c, factor_), c};
}

GradientCheck check_cell_gradients(const AnyCell& cell, const Parameters& p, const Tensor& x,
                                   const GradientCheckOptions& options) {
  return check_gradients(
      [&](Tape& tape) {
        return unroll_over(cell, tape.input(x), cell.zero_state(tape, x.shape()[1])).outputs;
      },
      p, options);
}

std::vector<OperationCheck> check_each_operation(Var last) {
  Tape& tape = last.tape();
  std::vector<OperationCheck> checks;
  for (std::uint32_t i = 0; i <= last.index(); ++i) {
    const Node node = tape.graph().nodes[i];
    if (node.origin >= 0 || node.op->gradient == nullptr) continue;
    std::vector<Tensor> inputs;
    for (const std::uint32_t input : tape.graph().inputs_of(node)) {
      inputs.emplace_back(tape.value(Var(&tape, input, last.generation())));
    }
    const GradientCheck check = check_gradients(
        [&](Tape& own, std::span<const Var> v) { return own.record(*node.op, v, node.attributes); },
        inputs);
    auto entry = std::find_if(checks.begin(), checks.end(),
                              [&](const OperationCheck& c) { return c.name == node.op->name; });
    if (entry == checks.end()) {
      entry = checks.insert(checks.end(), {.name = std::string(node.op->name)});
    }
    ++entry->nodes;
    if (entry->nodes == 1 || check.worst_error > entry->worst.worst_error) entry->worst = check;
  }
  return checks;
}

std::vector<StepError> errors_by_step(const AnyCell& cell, const Parameters& p, const Tensor& x) {
  std::vector<StepError> errors;
  for (int digits = 1; digits <= 12; ++digits) {
    const double step = std::pow(10, -digits);
    // With a tolerance of 1, worst_error is the difference itself.
    const GradientCheckOptions options{
        .step = step, .relative_tolerance = 0, .absolute_tolerance = 1};
    errors.push_back({step, check_cell_gradients(cell, p, x, options).worst_error});
  }
  return errors;
}

namespace {

constexpr Index kInputs = 2;
constexpr Index kHidden = 3;
constexpr double kPlanted = 1.001;

/// Five steps of two sequences.
Tensor sequences() {
  Tensor x(DType::f64, {5, 2, kInputs});
  Random random(4);
  for (double& value : x.values<double>()) value = random.uniform(-2, 2);
  return x;
}

void print_check(std::string_view name, const Parameters& p, const GradientCheck& check) {
  say("  {:<14} {:>10} {:>14.2g}   {}\n", name, p.size(), check.worst_error,
      check.passed ? "right" : "WRONG");
}

void check_cells(const Tensor& x) {
  say("The gradient of the tape against (L(w + s) - L(w - s)) / 2s, for every single weight w, in "
      "double\nprecision: five steps, two sequences, {} units. An error above 1 is one above what "
      "is allowed,\na millionth of the gradient.\n\n",
      kHidden);
  say("  {:<14} {:>10} {:>14}   {}\n", "cell", "weights", "worst error", "verdict");
  for (const char* name : {"rnn", "lstm", "gru"}) {
    const Parameters p(DType::f64, 1);
    const AnyCell cell = find_cell(name).make(p, kInputs, kHidden, {});
    const GradientCheck check = check_cell_gradients(cell, p, x);
    print_check(name, p, check);
    if (!check.passed) fail<Error>("check: {}: {}", name, check.message);
  }
}

void find_planted(const Tensor& x) {
  const Parameters p(DType::f64, 1);
  const PlantedLstm cell(p, kInputs, kHidden, kPlanted);
  const GradientCheck whole = check_cell_gradients(AnyCell(cell), p, x);
  say("\nNow one rule is broken on purpose: an LSTM with h' = o planted_tanh(c'), whose value is "
      "tanh but\nwhose gradient is {} times the right one.\n\n",
      kPlanted);
  print_check("planted lstm", p, whole);
  say("  {}\n", whole.message);
  say("\nThe weight with the largest error says little about the cause: the gradient of nearly "
      "every weight\npasses the broken rule. So each operation of the tape is checked by itself, "
      "on the values it had:\n\n");
  Tape tape(DType::f64);
  const Var outputs = unroll_over(cell, tape.input(x), zero_state(cell, tape, 2)).outputs;
  say("  {:<14} {:>10} {:>14}   {}\n", "operation", "nodes", "worst error", "verdict");
  std::string culprit;
  for (const OperationCheck& check : check_each_operation(outputs)) {
    say("  {:<14} {:>10} {:>14.2g}   {}\n", check.name, check.nodes, check.worst.worst_error,
        check.worst.passed ? "right" : "WRONG");
    if (!check.worst.passed) {
      culprit = fmt::format("The culprit is {}: its gradient is {:.6f} times the difference.\n",
                            check.name, check.worst.analytic / check.worst.numeric);
    }
  }
  if (whole.passed || culprit.empty()) fail<Error>("check: the broken rule was not found");
  say("\n{}", culprit);
}

void compare_steps(const Tensor& x, const Folder& folder) {
  const Parameters right(DType::f64, 1);
  const Lstm lstm(right, kInputs, kHidden);
  const Parameters wrong(DType::f64, 1);
  const PlantedLstm planted(wrong, kInputs, kHidden, kPlanted);
  const std::vector<StepError> right_errors = errors_by_step(AnyCell(lstm), right, x);
  const std::vector<StepError> wrong_errors = errors_by_step(AnyCell(planted), wrong, x);

  say("\nWhich step s is best: a large one is wrong by curvature, in proportion to s squared, a "
      "small one by\nrounding, in proportion to 1/s. A wrong rule stays wrong whatever the step. "
      "The largest |gradient -\ndifference| of any weight:\n\n");
  say("  {:<10} {:>16} {:>16}\n", "step", "lstm", "planted lstm");
  examples::Chart chart{
      .title = "A gradient check over its step",
      .subtitle = "LSTM over 5 steps, double precision; planted: one rule wrong by 0.1 %",
      .x_label = "step of the central difference, as a power of ten",
      .y_label = "largest |gradient - difference| of any weight",
      .logarithmic = true,
      .curves = {{.name = "lstm"}, {.name = "planted lstm"}}};
  for (std::size_t i = 0; i < right_errors.size(); ++i) {
    const auto [step, error] = right_errors[i];
    say("  {:<10.0e} {:>16.2e} {:>16.2e}\n", step, error, wrong_errors[i].error);
    chart.curves[0].points.push_back({std::log10(step), error});
    chart.curves[1].points.push_back({std::log10(step), wrong_errors[i].error});
  }
  folder.write("check", chart);
}

}  // namespace

void run_check(const Folder& folder) {
  const Tensor x = sequences();
  check_cells(x);
  find_planted(x);
  compare_steps(x, folder);
}

}  // namespace bptt
