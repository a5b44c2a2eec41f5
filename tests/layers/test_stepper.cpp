// A cell step by step, without gradients.
#include "support.h"

#include <doctest/doctest.h>

namespace unroll::testing {
namespace {

/// The outputs of a cell over the steps of x, one after another.
template <class C>
std::vector<double> stepped(const C& cell, const std::vector<Tensor>& x) {
  Stepper<C> stepper(cell, x[0].shape()[0], DType::f64);
  std::vector<double> outputs;
  for (const Tensor& step : x) {
    const std::vector<double> values = stepper.step(step).to_doubles();
    outputs.insert(outputs.end(), values.begin(), values.end());
  }
  return outputs;
}

template <class C>
std::vector<double> unrolled(const C& cell, const std::vector<Tensor>& x) {
  Tape tape(DType::f64);
  tape.set_passes(Passes::none());
  std::vector<double> outputs;
  auto state = zero_state(cell, tape, x[0].shape()[0]);
  for (const Tensor& step : x) {
    state = cell.step(tape.input(step), state);
    const std::vector<double> values = output_of(state).value().to_doubles();
    outputs.insert(outputs.end(), values.begin(), values.end());
  }
  return outputs;
}

template <class C>
void check_steps(const C& cell) {
  std::vector<Tensor> x;
  for (std::uint64_t t = 0; t < 5; ++t) x.push_back(random_tensor({2, 6}, t, -1, 1));
  const std::vector<double> expected = unrolled(cell, x);
  const std::vector<double> got = stepped(cell, x);
  REQUIRE(got.size() == expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) CHECK(got[i] == doctest::Approx(expected[i]));
}

TEST_CASE("stepper: steps give what unrolling gives") {
  const Parameters p(DType::f64, 1);
  check_steps(Rnn(p / "rnn", 6, 4));
  check_steps(Lstm(p / "lstm", 6, 4));
  check_steps(Gru(p / "gru", 6, 4));
  check_steps(Stack<Lstm>(p / "stack", 6, 4, 3));
}

TEST_CASE("stepper: a state can be taken and put back") {
  const Parameters p(DType::f64, 1);
  const Lstm cell(p, 3, 4);
  Stepper<Lstm> stepper(cell, 1, DType::f64);
  const Tensor x = random_tensor({1, 3}, 1, -1, 1);
  (void)stepper.step(x);
  const auto after_one = stepper.state();
  const std::vector<double> second = stepper.step(x).to_doubles();
  (void)stepper.step(x);
  stepper.set_state(after_one);
  CHECK(stepper.step(x).to_doubles() == second);
}

TEST_CASE("stepper: parameters are read as they are at the step") {
  const Parameters p(DType::f64, 1);
  const Gru cell(p, 3, 4);
  Stepper<Gru> stepper(cell, 2, DType::f64);
  const Tensor x = random_tensor({2, 3}, 1, -1, 1);
  (void)stepper.step(x);
  const auto state = stepper.state();
  for (double& value : p.change<double>()) value *= 2;
  const std::vector<double> got = stepper.step(x).to_doubles();
  Tape tape(DType::f64);
  const Var expected = cell.step(tape.input(x), restore(tape, state));
  for (std::size_t i = 0; i < got.size(); ++i) {
    CHECK(got[i] == doctest::Approx(expected.value().at(static_cast<Index>(i))));
  }
}

}  // namespace
}  // namespace unroll::testing
