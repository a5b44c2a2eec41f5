/// The chapter check: whole cells pass, and a rule that is wrong by 0.1 % is found by name.

#include <doctest/doctest.h>
#include <unroll/unroll.h>

#include <cmath>

#include "bptt/check.h"
#include "support.h"

using namespace unroll;
using bptt::OperationCheck;

namespace {

/// The checks of each operation of the planted LSTM over three steps.
std::vector<OperationCheck> checks_with(double factor) {
  const Parameters p(DType::f64, 2);
  const bptt::PlantedLstm cell(p, 2, 3, factor);
  Tape tape(DType::f64);
  const Var x = tape.input(testing::random_tensor({3, 2, 2}, 1));
  const Var outputs = unroll_over(cell, x, zero_state(cell, tape, 2)).outputs;
  const Var gradient = tape.gradients(sum(outputs), std::vector{x}).front();
  return bptt::check_each_operation(gradient);  // the nodes up to it that it did not record
}

}  // namespace

TEST_CASE("check: with the factor 1 the planted LSTM is the LSTM") {
  const Parameters p(DType::f64, 2);
  const bptt::PlantedLstm planted(p, 2, 3, 1);
  const Parameters q(DType::f64, 2);
  const Lstm lstm(q, 2, 3);
  const Tensor x = testing::random_tensor({4, 2, 2}, 1);
  Tape tape(DType::f64);
  const Var a = unroll_over(planted, tape.input(x), zero_state(planted, tape, 2)).outputs;
  const Var b = unroll_over(lstm, tape.input(x), zero_state(lstm, tape, 2)).outputs;
  CHECK(testing::difference(a.value(), b.value()) < 1e-15);
  CHECK(bptt::check_cell_gradients(AnyCell(planted), p, x).passed);
  CHECK(bptt::check_cell_gradients(AnyCell(lstm), q, x).passed);
}

TEST_CASE("check: the broken rule is found by the name of its operation and by nothing else") {
  int wrong = 0;
  for (const OperationCheck& check : checks_with(1.001)) {
    CHECK(check.worst.passed == (check.name != "planted_tanh"));
    if (check.worst.passed) continue;
    ++wrong;
    CHECK(check.nodes == 3);
    CHECK(std::abs(check.worst.analytic / check.worst.numeric - 1.001) < 1e-7);
  }
  CHECK(wrong == 1);
  for (const OperationCheck& check : checks_with(1)) CHECK(check.worst.passed);
}

TEST_CASE("check: the nodes that are checked are those of the cell") {
  Index sigmoids = 0;
  Index tanhs = 0;
  for (const OperationCheck& check : checks_with(1)) {
    if (check.name == "sigmoid") sigmoids = check.nodes;
    if (check.name == "tanh") tanhs = check.nodes;
  }
  CHECK(sigmoids == 9);  // i, f, o of three steps
  CHECK(tanhs == 3);     // g; the other tanh is planted
}

TEST_CASE("check: curvature is in proportion to the step squared and a wrong rule to nothing") {
  const Tensor x = testing::random_tensor({3, 2, 2}, 1);
  const Parameters p(DType::f64, 1);
  const Lstm lstm(p, 2, 3);
  const std::vector<bptt::StepError> right = bptt::errors_by_step(AnyCell(lstm), p, x);
  REQUIRE(right.size() == 12);
  CHECK(right[1].step == doctest::Approx(0.01));
  CHECK(right[1].error / right[2].error == doctest::Approx(100).epsilon(0.02));
  CHECK(right[2].error / right[3].error == doctest::Approx(100).epsilon(0.02));
  CHECK(right[11].error > 100 * right[5].error);

  const Parameters q(DType::f64, 1);
  const bptt::PlantedLstm planted(q, 2, 3, 1.001);
  const std::vector<bptt::StepError> wrong = bptt::errors_by_step(AnyCell(planted), q, x);
  CHECK(wrong[4].error / wrong[7].error == doctest::Approx(1).epsilon(0.001));
  CHECK(wrong[5].error > 1e5 * right[5].error);
}
