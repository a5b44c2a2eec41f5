// The checker as a user meets it. That it finds small errors is tested in test_planted.cpp.
#include "support.h"

namespace unroll::testing {
namespace {

/// x x with half of its gradient lost.
Var half_lost(Var x) { return x * stop_gradient(x); }

const std::string hint =
    " with step 1e-06 (if they agree in some digits, try others: rounding is in proportion to "
    "1 / step, curvature to step squared)";

TEST_CASE("check_gradients: passes, and says what it compared") {
  const GradientCheck check = check_gradients(
      [](Tape&, std::span<const Var> v) { return tanh(v[0]); }, {random_tensor({3, 4}, 1)});
  CHECK(check.passed);
  CHECK(check.worst_error <= 1);
  CHECK(check.message ==
        fmt::format("input 0 (3 x 4), element {}: gradient {:.10g} and finite difference {:.10g}",
                    check.element, check.analytic, check.numeric));
}

TEST_CASE("check_gradients: fails, and names the input, the element and both numbers") {
  const GradientCheck check =
      check_gradients([](Tape&, std::span<const Var> v) { return sum(v[0]) + half_lost(v[1]); },
                      {random_tensor({4}, 1), Tensor::of<double>({1}, {3})});
  CHECK_FALSE(check.passed);
  CHECK(check.worst_error > 1);
  CHECK(check.input == 1);
  CHECK(check.element == 0);
  CHECK(check.name.empty());
  CHECK(std::abs(check.numeric - 2 * check.analytic) < 1e-6);
  CHECK(check.message ==
        fmt::format("input 1 (1), element 0: gradient {:.10g} but finite difference {:.10g}{}",
                    check.analytic, check.numeric, hint));
}

TEST_CASE("check_gradients: f32 inputs are checked in f64") {
  const GradientCheck check = check_gradients(
      [](Tape& tape, std::span<const Var> v) {
        CHECK(tape.dtype() == DType::f64);
        return exp(v[0]);
      },
      {random_tensor({3}, 1).to(DType::f32)});
  CHECK(check.passed);
}

TEST_CASE("check_gradients: ids are left alone") {
  const GradientCheck check =
      check_gradients([](Tape&, std::span<const Var> v) { return embedding(v[1], v[0]); },
                      {ids_of({3}, {2, 0, 2}), random_tensor({4, 2}, 1)});
  CHECK(check.passed);
}

TEST_CASE("check_gradients: no inputs, or inputs without elements, pass") {
  const auto constant = [](Tape& tape, std::span<const Var>) { return full(tape, {2}, 1); };
  const GradientCheck none = check_gradients(constant, {});
  CHECK(none.passed);
  CHECK(none.message == "no input, element 0: gradient 0 and finite difference 0");
  const GradientCheck empty = check_gradients(
      [](Tape&, std::span<const Var> v) { return v[0] * 2.0; }, {Tensor(DType::f64, {0, 3})});
  CHECK(empty.passed);
}

TEST_CASE("check_gradients: a NaN fails") {
  const GradientCheck check = check_gradients(
      [](Tape&, std::span<const Var> v) { return log(v[0]); }, {Tensor::of<double>({1}, {-1})});
  CHECK_FALSE(check.passed);
  CHECK(std::isinf(check.worst_error));
}

TEST_CASE("check_gradients: the tolerances are the caller's") {
  const auto off_by_a_percent = [](Tape&, std::span<const Var> v) {
    return 0.99 * v[0] + 0.01 * stop_gradient(v[0]);
  };
  const std::vector<Tensor> inputs{random_tensor({5}, 1)};
  CHECK_FALSE(check_gradients(off_by_a_percent, inputs).passed);
  CHECK(check_gradients(off_by_a_percent, inputs, {.relative_tolerance = 0.02}).passed);
  CHECK(check_gradients(off_by_a_percent, inputs, {.absolute_tolerance = 0.02}).passed);
}

TEST_CASE("check_gradients: parameters are checked like inputs") {
  const Parameters p(DType::f64, 3);
  const Parameter a = (p / "first").add("a", {2, 2}, uniform(1));
  const Parameter b = (p / "second").add("b", {2}, uniform(1));
  const std::vector<double> before(p.values<double>().begin(), p.values<double>().end());
  const auto f = [&](Tape& tape) { return tape.parameter(a) * b; };
  const GradientCheck good = check_gradients(f, p);
  CHECK(good.passed);

  const GradientCheck bad =
      check_gradients([&](Tape& tape) { return f(tape) + half_lost(tape.parameter(b)); }, p);
  CHECK_FALSE(bad.passed);
  CHECK(bad.name == "second.b");
  CHECK(bad.message == fmt::format("parameter 'second.b' (2), element {}: gradient {:.10g} but "
                                   "finite difference {:.10g}{}",
                                   bad.element, bad.analytic, bad.numeric, hint));
  // The values are as they were, to the bit.
  CHECK(std::equal(before.begin(), before.end(), p.values<double>().begin()));
}

TEST_CASE("check_gradients: parameters are put back when the function throws") {
  const Parameters p(DType::f64, 3);
  const Parameter a = p.add("a", {2}, uniform(1));
  const Tensor before(a.value());
  int calls = 0;
  const auto throws_once_moved = [&](Tape& tape) {
    if (++calls == 3) fail<Error>("moved");
    return tape.parameter(a);
  };
  CHECK_THROWS_WITH_AS((void)check_gradients(throws_once_moved, p), "moved", Error);
  CHECK(a.value().to_doubles() == before.to_doubles());
}

TEST_CASE("check_gradients: the worst element is reported for an exact gradient too") {
  const GradientCheck check = check_gradients(
      [](Tape& tape, std::span<const Var> v) { return full(tape, {1}, 1) + 0 * v[0]; },
      {Tensor::of<double>({1}, {0.5})});
  CHECK(check.passed);
  CHECK(check.worst_error == 0);
  CHECK(check.message == "input 0 (1), element 0: gradient 0 and finite difference 0");
}

TEST_CASE("check_gradients: a branch of the parameters is checked alone") {
  const Parameters p(DType::f64);
  const Parameter a = (p / "a").add("x", {2}, uniform(1));
  const Parameter b = (p / "b").add("x", {2}, uniform(1));
  const auto f = [&](Tape& tape) { return half_lost(tape.parameter(a)) + b; };
  CHECK_FALSE(check_gradients(f, p).passed);
  CHECK_FALSE(check_gradients(f, p / "a").passed);
  CHECK(check_gradients(f, p / "b").passed);
}

TEST_CASE("check_gradients: parameters the result does not depend on have gradient zero") {
  const Parameters p(DType::f64);
  (void)p.add("unused", {3}, uniform(1));
  CHECK(check_gradients([](Tape& tape) { return full(tape, {2}, 1); }, p).passed);
}

TEST_CASE("check_gradients: f32 parameters are refused") {
  const Parameters p(DType::f32);
  const Parameter a = p.add("a", {2}, uniform(1));
  CHECK_THROWS_WITH_AS((void)check_gradients([&](Tape& tape) { return tape.parameter(a); }, p),
                       "check_gradients: the parameters are f32, f64 is needed", TypeError);
}

}  // namespace
}  // namespace unroll::testing
