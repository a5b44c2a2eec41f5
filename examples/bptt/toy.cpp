#include "bptt/toy.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unroll/core/view/view.h>

#include <algorithm>
#include <string>
#include <utility>

#include "bptt/toy_picture.h"
#include "common/output.h"

namespace bptt {

using namespace unroll;
using examples::say;

namespace {

/// The inputs of the three steps.
Tensor toy_inputs() { return Tensor::of<double>({3, 1, 2}, {1, 1, 1, 1, 2, 2}); }

/// Which nodes have a part in the value of node `last`, itself included.
std::vector<bool> find_ancestors(const Graph& graph, std::uint32_t last) {
  std::vector<bool> found(last + 1);
  found[last] = true;
  for (std::uint32_t i = last + 1; i-- > 0;) {
    if (!found[i]) continue;
    for (const std::uint32_t input : graph.inputs_of(graph.nodes[i])) found[input] = true;
  }
  return found;
}

}  // namespace

GradientTerms gradient_terms(const AnyCell& cell, const Parameter& weight, const Tensor& x,
                             const std::function<Var(Var)>& loss_of) {
  Tape tape(DType::f64);
  AnyState state = cell.zero_state(tape, x.shape()[1]);
  std::vector<Var> copies;
  std::vector<Var> losses;
  for (const Var& xt : unstack(tape.input(x))) {
    copies.push_back(tape.input(weight.value()));
    tape.replace(weight, copies.back());
    state = cell.step(xt, state);
    losses.push_back(sum(loss_of(output_of(state))));
  }
  GradientTerms terms;
  for (const Var& loss : losses) {
    std::vector<Tensor>& row = terms.emplace_back();
    for (const Var& term : tape.gradients(loss, copies)) row.emplace_back(term.value());
  }
  return terms;
}

std::vector<double> sum_of(const GradientTerms& terms) {
  std::vector<double> total;
  for (const std::vector<Tensor>& row : terms) {
    for (const Tensor& term : row) {
      total.resize(static_cast<std::size_t>(term.size()));
      for (std::size_t i = 0; i < total.size(); ++i) total[i] += term.values<double>()[i];
    }
  }
  return total;
}

std::vector<NodeGradient> walk_back(Var loss) {
  Tape& tape = loss.tape();
  const std::vector<bool> has_part = find_ancestors(tape.graph(), loss.index());
  std::vector<Var> nodes;
  for (std::uint32_t i = loss.index() + 1; i-- > 0;) {
    if (has_part[i] && is_floating(tape.graph().nodes[i].dtype)) {
      nodes.emplace_back(&tape, i, loss.generation());
    }
  }
  const std::vector<Var> gradients = tape.gradients(loss, nodes);
  std::vector<NodeGradient> walk;
  for (std::size_t i = 0; i < nodes.size(); ++i) walk.push_back({nodes[i], gradients[i]});
  return walk;
}

ToyNetwork::ToyNetwork()
    : cell_(parameters_ / "rnn", 2, 2, {.bias = false, .W = constant(1), .U = constant(1)},
            [](Var h) { return h; }),
      readout_(parameters_ / "output", 2, 2, false, constant(1)) {}

Var ToyNetwork::outputs(Tape& tape) const {
  const Var x = tape.input(toy_inputs());
  return readout_(unroll_over(cell_, x, zero_state(cell_, tape, 1)).outputs);
}

std::vector<ToyNetwork::Step> ToyNetwork::steps(Tape& tape) const {
  std::vector<Step> steps;
  Var h = zero_state(cell_, tape, 1);
  for (const Var& x : unstack(tape.input(toy_inputs()))) {
    h = cell_.step(x, h);
    steps.push_back({x, h, readout_(h)});
  }
  return steps;
}

GradientTerms ToyNetwork::terms(const Parameter& weight) const {
  return gradient_terms(AnyCell(cell_), weight, toy_inputs(),
                        [this](Var h) { return sum(readout_(h)); });
}

namespace {

void print_walk(const std::vector<NodeGradient>& walk) {
  say("  {:<6} {:<14} {:<5} {:<12} {}\n", "node", "operation", "step", "shape", "gradient");
  for (const auto& [node, gradient] : walk) {
    const Node& recorded = node.tape().graph().nodes[node.index()];
    say("  {:<6} {:<14} {:<5} {:<12} {}\n", fmt::format("#{}", node.index()), recorded.op->name,
        recorded.step < 0 ? "" : fmt::format("t={}", recorded.step), recorded.shape.to_string(),
        fmt::join(gradient.value().to_doubles(), " "));
  }
}

/// A table with a row for each output and a column for each step on the way to it.
void print_terms(const Parameter& weight, const GradientTerms& terms) {
  constexpr int kWidth = 16;
  say("  {:<10}", weight.name());
  for (std::size_t k = 0; k < terms.size(); ++k) {
    say("{:<{}}", fmt::format("k={}", k), k + 1 < terms.size() ? kWidth : 0);
  }
  say("\n");
  for (std::size_t t = 0; t < terms.size(); ++t) {
    say("  {:<10}", fmt::format("t={}", t));
    for (std::size_t k = 0; k < terms[t].size(); ++k) {
      const std::string values = fmt::format("[{}]", fmt::join(terms[t][k].to_doubles(), ", "));
      say("{:<{}}", k <= t ? values : "-", k + 1 < terms[t].size() ? kWidth : 0);
    }
    say("\n");
  }
  say("  sum of all terms = {}\n\n", sum_of(terms));
}

void print_textbook_sum(const ToyNetwork& network, const Gradients& gradients) {
  say("The textbook writes the gradient as a sum over pairs of steps. The weight is used once a "
      "step;\nterm (t, k) is the part of output t that goes through its use at step k:\n"
      "  dL/dU = sum over t, sum over k <= t of (dL_t/dh_k) h_(k-1)^T,  for W with x_k instead\n"
      "U has no terms with k=0, since the state before the first step is zero.\n\n");
  for (const Parameter& weight : {network.U(), network.W()}) {
    const GradientTerms terms = network.terms(weight);
    print_terms(weight, terms);
    if (sum_of(terms) != gradients[weight].to_doubles()) {
      fail<Error>("toy: the terms of {} do not add up to its gradient", weight.name());
    }
  }
  say("Both sums are the gradients from above: the tape never formed the terms, since it adds up "
      "at each\nstep what comes from all later outputs before it goes one step further back.\n");
}

}  // namespace

namespace {

std::string values_of(Var var) { return fmt::format("{}", var.value().to_doubles()); }

void draw(const ToyNetwork& network, const Folder& folder) {
  Tape tape(DType::f64);
  const std::vector<ToyNetwork::Step> steps = network.steps(tape);
  std::vector<Var> nodes;
  std::vector<Var> outputs;
  for (const ToyNetwork::Step& step : steps) {
    nodes.insert(nodes.end(), {step.x, step.h, step.y});
    outputs.push_back(step.y);
  }
  const Var loss = sum(stack(outputs));
  const std::vector<Var> gradients = tape.gradients(loss, nodes);
  const auto drawn = [&](const char* name, std::size_t i) {
    return DrawnNode{fmt::format("{}_{}", name, i / 3), values_of(nodes[i]),
                     values_of(gradients[i])};
  };
  std::vector<DrawnStep> all;
  for (std::size_t i = 0; i < nodes.size(); i += 3) {
    all.push_back({drawn("x", i), drawn("h", i + 1), drawn("y", i + 2)});
  }
  const Gradients of_weights = tape.gradients(loss, network.parameters());
  std::string below = fmt::format("L = sum of all y = {}", loss.item());
  for (const auto& [name, weight] :
       {std::pair("W", network.W()), std::pair("U", network.U()), std::pair("V", network.V())}) {
    below += fmt::format("     dL/d{} = {}", name, of_weights[weight].to_doubles());
  }
  folder.write("toy", picture_of(all, "h_t = W x_t + U h_(t-1), y_t = V h_t, unrolled", below));
}

}  // namespace

void run_toy(const Folder& folder) {
  const ToyNetwork network;
  Tape tape(DType::f64);
  const Var y = network.outputs(tape);
  const Var loss = sum(y);
  const std::string forward = tape.to_string(true);
  const Gradients gradients = tape.gradients(loss, network.parameters());

  say("h_t = W x_t + U h_(t-1), y_t = V h_t; the loss is the sum of all y. All weights are 1, so "
      "that every\nnumber can be followed with a pencil.\n\n");
  say("inputs  [1, 1] [1, 1] [2, 2]\noutputs");
  for (const Var& step : unstack(y)) say(" {}", step.value().to_doubles());
  say("\n\nthe sum of the outputs and its gradients:\n  loss = {}\n", loss.item());
  for (const Parameter& p : network.parameters().all()) {
    say("  d loss / d {:<8} = {}\n", p.name(), gradients[p].to_doubles());
  }
  say("\nForward, every node in the order in which it was recorded, and its value; t is the time "
      "step:\n{}",
      forward);
  say("\nBackward, the same nodes in the order in which the tape is walked, from the loss to the "
      "inputs, and\nthe gradient of the loss with respect to each:\n");
  print_walk(walk_back(loss));
  say("\n");
  print_textbook_sum(network, gradients);
  if (folder.is_given()) {
    draw(network, folder);
    Tape opened(DType::f64);
    const Var sum_of_outputs = sum(network.outputs(opened));
    opened.gradients(sum_of_outputs, network.parameters()).run();
    folder.write("toy.dot", opened.to_dot());
    folder.write("toy.html", view_page(opened, sum_of_outputs, {.title = "The toy, step by step"}));
  }

  const GradientCheck check = check_gradients(
      [&](Tape& checked) { return sum(network.outputs(checked)); }, network.parameters());
  say("\nchecked against finite differences, the sum times a random number: {}\n  {}\n",
      check.passed ? "right" : "WRONG", check.message);
  if (!check.passed) fail<Error>("toy: the gradient differs from finite differences");
}

}  // namespace bptt
