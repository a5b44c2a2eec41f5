#include <fmt/core.h>
#include <unroll/unroll.h>

int main() {
  unroll::Parameters parameters;
  const unroll::Lstm cell(parameters / "lstm", 2, 3);
  unroll::Tape tape;
  const auto [outputs, last] = unroll::unroll_over(cell, unroll::full(tape, {4, 1, 2}, 1),
                                                   unroll::zero_state(cell, tape, 1));
  auto gradients = tape.gradients(unroll::sum(outputs), parameters);
  const double norm = unroll::clip_by_global_norm(gradients, 1);
  fmt::print("{} parameters, gradient norm {}\n", parameters.size(), norm > 0 ? "> 0" : "0");
}
