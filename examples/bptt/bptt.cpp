/// Backpropagation through time on one page: a recurrent network small enough to follow with a
/// pencil, unrolled, differentiated, printed and checked. With the argument "dot" it prints the
/// unrolled graph for Graphviz instead:  bptt dot | dot -Tsvg > unrolled.svg
/// With "ops" it prints the table of all operations, with "plan" how the gradient of two steps is
/// run; UNROLL_PLAN_TRACE=1 bptt plan  prints every stage of planning as well.

#include <fmt/core.h>
#include <fmt/ranges.h>
#include <unroll/unroll.h>

#include <string_view>

using namespace unroll;

namespace {

/// h' = tanh(W x + U h) over two steps, three units, and the gradient of the sum of the last state.
void print_plan_of_two_steps() {
  const Parameters parameters(DType::f64);
  const Rnn cell(parameters / "rnn", 2, 3);
  Tape tape(DType::f64);
  tape.set_passes({});
  const Var x = tape.input(Tensor::of<double>({2, 1, 2}, {1, 2, 3, 4}));
  const Var loss = sum(unroll_over(cell, x, zero_state(cell, tape, 1)).last);
  tape.gradients(loss, parameters).run();
  tape.print_plan();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "ops") {
    fmt::print("{}", op_table());
    return 0;
  }
  if (argc > 1 && std::string_view(argv[1]) == "plan") {
    print_plan_of_two_steps();
    return 0;
  }
  // h' = W x + U h, y = V h: two units each, all weights 1, nothing bent by a tanh.
  Parameters parameters(DType::f64);
  const Rnn cell(parameters / "rnn", 2, 2, {.bias = false, .W = constant(1), .U = constant(1)},
                 [](Var h) { return h; });
  const Linear readout(parameters / "output", 2, 2, false, constant(1));

  const auto network = [&](Tape& tape) {
    const Var x = tape.input(Tensor::of<double>({3, 1, 2}, {1, 1, 1, 1, 2, 2}));
    return readout(unroll_over(cell, x, zero_state(cell, tape, 1)).outputs);
  };

  Tape tape(DType::f64);
  const Var y = network(tape);
  const Var loss = sum(y);
  const Gradients gradients = tape.gradients(loss, parameters);

  if (argc > 1 && std::string_view(argv[1]) == "dot") {
    fmt::print("{}", tape.to_dot());
    return 0;
  }
  fmt::print("inputs  [1, 1] [1, 1] [2, 2]\noutputs");
  for (const Var& step : unstack(y)) {
    fmt::print(" {}", step.value().to_doubles());
  }
  fmt::print("\n\nthe sum of the outputs and its gradients:\n  loss = {}\n", loss.item());
  for (const Parameter& p : parameters.all()) {
    fmt::print("  d loss / d {:<8} = {}\n", p.name(), gradients[p].to_doubles());
  }
  fmt::print("\nevery node that was recorded, and its value; t is the time step:\n");
  tape.print(true);

  const GradientCheck check = check_gradients(network, parameters);
  fmt::print("\nchecked against finite differences: {}\n  {}\n", check.passed ? "right" : "WRONG",
             check.message);
  return check.passed ? 0 : 1;
}
