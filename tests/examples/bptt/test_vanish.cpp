/// The chapter vanish: lengths, Jacobians, growth and bounds against closed forms.

#include <doctest/doctest.h>
#include <unroll/unroll.h>

#include <cmath>
#include <vector>

#include "bptt/matrices.h"
#include "bptt/vanish.h"
#include "support.h"

using namespace unroll;

namespace {

Var no_function(Var h) { return h; }

Tensor scaled(const TensorView& matrix, double factor) {
  Tensor result(matrix);
  for (double& value : result.values<double>()) value *= factor;
  return result;
}

/// A matrix of an initializer.
Tensor matrix_of(const Initializer& initialize, Index size, std::uint64_t seed) {
  const Parameters p(DType::f64, seed);
  return Tensor(p.add("U", {size, size}, initialize).value());
}

}  // namespace

TEST_CASE("matrices: the spectral radius of matrices whose eigenvalues are known") {
  const auto radius = [](std::initializer_list<double> values) {
    return bptt::spectral_radius(Tensor::of<double>({2, 2}, values));
  };
  CHECK(radius({3, 0, 0, -4}) == doctest::Approx(4).epsilon(1e-10));
  CHECK(radius({2, 100, 0, 3}) == doctest::Approx(3).epsilon(1e-10));
  CHECK(radius({0.6, -0.8, 0.8, 0.6}) == doctest::Approx(1).epsilon(1e-10));  // 0.6 +- 0.8 i
  CHECK(radius({1, 1, 1, 0}) == doctest::Approx((1 + std::sqrt(5)) / 2).epsilon(1e-10));
  CHECK(radius({0, 1, 0, 0}) == 0);
  CHECK(bptt::spectral_radius(matrix_of(orthogonal(1.5), 7, 1)) ==
        doctest::Approx(1.5).epsilon(1e-10));
}

TEST_CASE("matrices: the largest singular value of matrices where it is known") {
  const auto singular = [](const Shape& shape, std::initializer_list<double> values) {
    return bptt::largest_singular_value(Tensor::of<double>(shape, values));
  };
  CHECK(singular({2, 2}, {3, 0, 0, -4}) == doctest::Approx(4).epsilon(1e-10));
  CHECK(singular({2, 2}, {1, 1, 0, 1}) == doctest::Approx((1 + std::sqrt(5)) / 2).epsilon(1e-10));
  CHECK(singular({1, 2}, {3, 4}) == doctest::Approx(5).epsilon(1e-10));
  CHECK(singular({2, 1}, {3, 4}) == doctest::Approx(5).epsilon(1e-10));
}

TEST_CASE("vanish: the gradient of h' = a h shrinks by a at each step") {
  const Parameters p(DType::f64);
  const Rnn cell(p, 2, 4, {.U = identity(0.5)}, no_function);
  const Tensor x = testing::random_tensor({6, 3, 2}, 1);
  const auto lengths = bptt::state_gradients(AnyCell(cell), x, [](Var h) { return sum(h); });
  REQUIRE(lengths.size() == 1);
  REQUIRE(lengths[0].size() == 6);
  for (std::size_t t = 0; t < 6; ++t) {
    // Each sequence has the gradient 0.5^(5 - t) [1, 1, 1, 1].
    CHECK(lengths[0][t] == doctest::Approx(2 * std::pow(0.5, 5 - static_cast<double>(t))));
  }
}

TEST_CASE(
    "vanish: the gradient of the state c of an LSTM without weights shrinks by its forget gate") {
  const Parameters p(DType::f64);
  const Lstm cell(p, 2, 4, {.W = zeros(), .U = zeros(), .b = constant(0.3), .forget_bias = 2});
  const Tensor x = testing::random_tensor({5, 3, 2}, 1);
  const auto lengths = bptt::state_gradients(AnyCell(cell), x, [](Var h) { return sum(h); });
  REQUIRE(lengths.size() == 2);
  const double forget = 1 / (1 + std::exp(-2.3));
  for (std::size_t t = 0; t + 1 < 5; ++t) {
    CHECK(lengths[1][t] / lengths[1][t + 1] == doctest::Approx(forget).epsilon(1e-12));
    CHECK(lengths[0][t] == 0);  // U is zero: h goes nowhere
  }
  CHECK(lengths[0][4] == doctest::Approx(2));
}

TEST_CASE("vanish: the Jacobian of a linear network is a power of U") {
  const Parameters p(DType::f64, 2);
  const Rnn cell(p, 2, 3, {}, no_function);
  const auto jacobians =
      bptt::jacobians_to_last(AnyCell(cell), testing::random_tensor({5, 1, 2}, 1));
  REQUIRE(jacobians.size() == 4);
  Tape tape(DType::f64);
  const Var U = tape.input(cell.gate.U.value());
  Var power = U;
  for (std::size_t t = 4; t-- > 0; power = matmul(power, U)) {
    CHECK(testing::difference(jacobians[t], power.value()) < 1e-14);
  }
}

TEST_CASE("vanish: the Jacobian of tanh is the product of U^T diag(1 - h^2)") {
  const Parameters p(DType::f64, 2);
  const Rnn cell(p, 2, 3);
  const Tensor x = testing::random_tensor({4, 1, 2}, 1);
  const auto jacobians = bptt::jacobians_to_last(AnyCell(cell), x);
  Tape tape(DType::f64);
  const Var U = tape.input(cell.gate.U.value());
  const std::vector<Var> h = unstack(
      reshape(unroll_over(cell, tape.input(x), zero_state(cell, tape, 1)).outputs, {4, 3, 1}));
  Var product = (1 - square(h[3])) * U;
  for (std::size_t t = 3; t-- > 0; product = matmul(product, (1 - square(h[t])) * U)) {
    // h[t] stands before the step that is multiplied next.
    if (t == 2) CHECK(testing::difference(jacobians[2], product.value()) < 1e-14);
    if (t == 1) CHECK(testing::difference(jacobians[1], product.value()) < 1e-14);
    if (t == 0) CHECK(testing::difference(jacobians[0], product.value()) < 1e-14);
  }
}

TEST_CASE("vanish: no product of Jacobians is longer than the bound of Pascanu et al.") {
  struct Case {
    Var (*f)(Var);
    double slope;
    double gain;
  };
  for (const Case& c : {Case{tanh, 1, 0.5}, Case{tanh, 1, 1.5}, Case{sigmoid, 0.25, 3},
                        Case{relu, 1, 1}, Case{no_function, 1, 0.8}}) {
    const Parameters p(DType::f64, 4);
    const Rnn cell(p, 2, 6, {.U = orthogonal(c.gain)}, c.f);
    const auto jacobians =
        bptt::jacobians_to_last(AnyCell(cell), testing::random_tensor({12, 1, 2}, 1));
    for (std::size_t t = 0; t < jacobians.size(); ++t) {
      const auto steps = static_cast<Index>(jacobians.size() - t);
      const double bound = bptt::pascanu_bound(cell.gate.U.value(), c.slope, steps);
      const double length = bptt::largest_singular_value(jacobians[t]);
      CHECK(bound == doctest::Approx(std::pow(c.slope * c.gain, steps)).epsilon(1e-9));
      CHECK(length <= bound * (1 + 1e-9));
      // All singular values of U are equal: without an activation function the bound is reached.
      if (c.f == no_function) CHECK(length == doctest::Approx(bound).epsilon(1e-9));
      CHECK(length > 0);
    }
  }
}

TEST_CASE("vanish: a linear network grows by its spectral radius at each step") {
  for (const double radius : {0.7, 1.0, 1.1}) {
    // An orthogonal matrix turns, with complex eigenvalues, and is as long at every power.
    CHECK(bptt::growth_per_step(matrix_of(orthogonal(radius), 6, 1), 10, 20) ==
          doctest::Approx(radius).epsilon(1e-9));
    // A positive matrix has one largest eigenvalue, real (Perron 1907): the rest dies out.
    const Tensor positive = matrix_of(uniform(0.1, 1), 6, 2);
    const Tensor U = scaled(positive, radius / bptt::spectral_radius(positive));
    CHECK(bptt::largest_singular_value(U) > 1.01 * radius);
    CHECK(bptt::growth_per_step(U, 30, 60) == doctest::Approx(radius).epsilon(1e-9));
    // Any other: its powers oscillate within bounds, whose root goes to 1.
    const Tensor any = matrix_of(normal(1), 16, 5);
    const Tensor V = scaled(any, radius / bptt::spectral_radius(any));
    CHECK(bptt::growth_per_step(V, 100, 200) == doctest::Approx(radius).epsilon(0.005));
  }
}
