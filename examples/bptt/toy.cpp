#include "bptt/toy.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/output.h"

namespace bptt {

using namespace unroll;
using examples::say;

ToyNetwork::ToyNetwork()
    : cell_(parameters_ / "rnn", 2, 2, {.bias = false, .W = constant(1), .U = constant(1)},
            [](Var h) { return h; }),
      readout_(parameters_ / "output", 2, 2, false, constant(1)) {}

Var ToyNetwork::outputs(Tape& tape) const {
  const Var x = tape.input(Tensor::of<double>({3, 1, 2}, {1, 1, 1, 1, 2, 2}));
  return readout_(unroll_over(cell_, x, zero_state(cell_, tape, 1)).outputs);
}

void run_toy(const Folder& folder) {
  const ToyNetwork network;
  Tape tape(DType::f64);
  const Var y = network.outputs(tape);
  const Var loss = sum(y);
  const Gradients gradients = tape.gradients(loss, network.parameters());

  say("inputs  [1, 1] [1, 1] [2, 2]\noutputs");
  for (const Var& step : unstack(y)) say(" {}", step.value().to_doubles());
  say("\n\nthe sum of the outputs and its gradients:\n  loss = {}\n", loss.item());
  for (const Parameter& p : network.parameters().all()) {
    say("  d loss / d {:<8} = {}\n", p.name(), gradients[p].to_doubles());
  }
  say("\nevery node that was recorded, and its value; t is the time step:\n{}",
      tape.to_string(true));
  folder.write("toy.dot", tape.to_dot());

  const GradientCheck check = check_gradients(
      [&](Tape& checked) { return network.outputs(checked); }, network.parameters());
  say("\nchecked against finite differences: {}\n  {}\n", check.passed ? "right" : "WRONG",
      check.message);
  if (!check.passed) fail<Error>("toy: the gradient differs from finite differences");
}

}  // namespace bptt
