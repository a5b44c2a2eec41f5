// Anomaly mode: the first value that is not finite is found and explained.
#include "core/word_model.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace unroll;
using testing::ramp;
using testing::rising;

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

Var input(Tape& tape, std::initializer_list<double> values) {
  return tape.input(Tensor::of({static_cast<Index>(values.size())}, values));
}

}  // namespace

TEST_CASE("anomaly: off by default") {
  Tape tape(DType::f64);
  CHECK(std::isnan(log(input(tape, {-1})).item()));
  CHECK(log(input(tape, {0})).item() == -kInfinity);
}

TEST_CASE("anomaly: a forward NaN names the operation and the ranges of its inputs") {
  Tape tape(DType::f64);
  tape.set_anomaly_mode(true);
  const Var x = input(tape, {2, -1.5, 0.25});
  const Var y = log(x) + 1;
  constexpr const char* kText =
      "log: element 1 of Var #1 (3) is nan; input 0: input (3) in [-1.5, 2]";
  CHECK_THROWS_WITH_AS((void)y.value(), kText, NonFiniteError);
  CHECK_THROWS_WITH_AS((void)y.value(), kText, NonFiniteError);  // and again
  CHECK(x.value().at(0) == 2);

  const Var z = log(input(tape, {1, 0}));
  CHECK_THROWS_WITH_AS((void)z.value(),
                       "log: element 1 of Var #4 (2) is -inf; input 0: input (2) in [0, 1]",
                       NonFiniteError);
  const Var quotient = x / (x - x);
  CHECK_THROWS_WITH_AS((void)quotient.value(),
                       "div: element 0 of Var #6 (3) is inf; input 0: input (3) in [-1.5, 2]; "
                       "input 1: sub (3) in [0, 0]",
                       NonFiniteError);
}

TEST_CASE("anomaly: NaN prints alike with either sign bit") {
  Tape tape(DType::f64);
  tape.set_anomaly_mode(true);
  const Var zero = input(tape, {0});
  for (const Var& y : {zero / zero, sqrt(input(tape, {-1}))}) {
    try {
      (void)y.value();
      FAIL("nothing was found");
    } catch (const NonFiniteError& error) {
      const std::string text = error.what();
      CHECK(text.find(" is nan; ") != std::string::npos);
    }
  }
}

TEST_CASE("anomaly: values from outside that are not finite show in the range") {
  Tape tape(DType::f64);
  tape.set_anomaly_mode(true);
  const Var y = input(tape, {1, kNaN, 3, kInfinity}) * 2;
  CHECK_THROWS_WITH_AS(
      (void)y.value(),
      "affine: element 1 of Var #1 (4) is nan; input 0: input (4) in [1, 3], 2 not finite",
      NonFiniteError);
  const Var z = -input(tape, {kNaN});
  CHECK_THROWS_WITH_AS((void)z.value(),
                       "affine: element 0 of Var #3 (1) is nan; input 0: input (1) not finite",
                       NonFiniteError);
}

TEST_CASE("anomaly: the message names parameters and time step") {
  const Parameters root(DType::f64);
  const Parameter W = (root / "cell").add("W", {1, 2}, rising());
  const Parameter b = (root / "cell").add("b", {1}, constant(-5));
  const Parameter scale = root.add("scale", {1}, constant(1));
  Tape tape(DType::f64);
  tape.set_anomaly_mode(true);
  Var h = full(tape, {1, 1}, 1) * scale;
  for (Index t = 0; t < 3; ++t) {
    const Tape::StepScope scope(tape, t);
    const Var x = tape.input(ramp({1, 2}, t == 2 ? 0 : 80));
    h = sqrt(h * linear(x, tape.parameter(W), tape.parameter(b)));
  }
  // What came in from earlier steps is left out: else it would be all there is.
  CHECK_THROWS_WITH_AS((void)h.value(),
                       "sqrt: element 0 of Var #16 (1 x 1) is nan, at time step 2; input 0: mul (1 "
                       "x 1) in [-45.36, -45.36]; parameters: cell.W, cell.b",
                       NonFiniteError);
}

TEST_CASE("anomaly: a backward NaN names the operation whose gradient it is") {
  const Parameters root(DType::f64);
  const Parameter w = root.add("w", {3}, rising(-0.1, 0.1));  // the middle one is 0
  root["w"].set(Tensor::of<double>({3}, {1, 0, 4}));
  Tape tape(DType::f64);
  tape.set_anomaly_mode(true);
  Var loss;
  {
    const Tape::StepScope scope(tape, 7);
    loss = sum(sqrt(tape.parameter(w)));
  }
  CHECK(loss.item() == 3);  // finite, its gradient is not
  const Gradients gradients = tape.gradients(loss, root);
  CHECK_THROWS_WITH_AS(
      (void)gradients.flat(),
      "div: element 1 of Var #7 'd w' (3) is inf, at time step 7, in the gradient of "
      "sqrt (Var #1 'sqrt(w)'); input 0: affine (3) in [0.5, 0.5]; input 1: sqrt (3) in [0, "
      "2]; parameters: w",
      NonFiniteError);
}

TEST_CASE("anomaly: integers and empty tensors are accepted") {
  Tape tape(DType::f64);
  tape.set_anomaly_mode(true);
  const Var ids = tape.input(Tensor::of<std::int32_t>({2}, {1, 0}));
  CHECK(embedding(input(tape, {3, 4}), reshape(ids, {1, 2})).value().at(0) == 4);
  CHECK(log(tape.input(Tensor(DType::f64, {0, 3}))).value().size() == 0);
  tape.set_anomaly_mode(false);
  CHECK(std::isnan(log(input(tape, {-1})).item()));
}
