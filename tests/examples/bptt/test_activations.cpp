/// The chapter activations: slopes, saturated shares and survivors against closed forms.

#include <doctest/doctest.h>
#include <unroll/unroll.h>

#include <cmath>
#include <vector>

#include "bptt/activations.h"
#include "support.h"

using namespace unroll;
using bptt::Dropped;

TEST_CASE("activations: values and slopes have their closed forms") {
  const std::vector<double> places{-4, -1.5, 0, 0.25, 3};
  const auto sigmoids = bptt::slopes_of(sigmoid, places);
  const auto tanhs = bptt::slopes_of(tanh, places);
  const auto relus = bptt::slopes_of(relu, places);
  for (std::size_t i = 0; i < places.size(); ++i) {
    const double x = places[i];
    const double s = 1 / (1 + std::exp(-x));
    CHECK(sigmoids[i].x == x);
    CHECK(sigmoids[i].y == doctest::Approx(s).epsilon(1e-14));
    CHECK(sigmoids[i].slope == doctest::Approx(s * (1 - s)).epsilon(1e-14));
    CHECK(tanhs[i].y == doctest::Approx(std::tanh(x)).epsilon(1e-14));
    CHECK(tanhs[i].slope == doctest::Approx(1 / std::pow(std::cosh(x), 2)).epsilon(1e-12));
    CHECK(relus[i].y == (x > 0 ? x : 0));
    CHECK(relus[i].slope == (x > 0 ? 1 : 0));
  }
  CHECK(sigmoids[2].slope == doctest::Approx(0.25));
  CHECK(tanhs[2].slope == doctest::Approx(1));
}

TEST_CASE("activations: saturated are the values whose slope is below a tenth of the largest") {
  Tape tape(DType::f64);
  // s (1 - s) = 1/40 at |x| = log((1 + sqrt(0.9)) / (1 - sqrt(0.9))) = 3.64.
  const Var a = sigmoid(tape.input(Tensor::of<double>({5}, {-3.7, -3.6, 0, 3.6, 3.7})));
  // 1 - t^2 = 1/10 at |x| = atanh(sqrt(0.9)) = 1.818.
  const Var b = tanh(tape.input(Tensor::of<double>({4}, {-1.9, 1.8, 1.9, 0})));
  const Var c = relu(tape.input(Tensor::of<double>({3}, {-1, 2, 3})));
  const Var d = tanh(tape.input(Tensor::of<double>({2}, {0, 0})));
  const Var loss = sum(a) + sum(b) + sum(c) + sum(d);
  const auto all = bptt::saturations(loss);
  REQUIRE(all.size() == 3);
  CHECK(all[0].name == "sigmoid");
  CHECK(all[0].values == 5);
  CHECK(all[0].share == doctest::Approx(2.0 / 5));
  CHECK(all[1].name == "tanh");
  CHECK(all[1].values == 6);
  CHECK(all[1].share == doctest::Approx(2.0 / 6));
  CHECK(all[2].name == "relu");
  CHECK(all[2].share == doctest::Approx(1.0 / 3));
}

TEST_CASE("activations: what survives dropout is p^T where the state is dropped at each step") {
  constexpr Index kUnits = 50;
  constexpr Index kSequences = 80;
  for (const double rate : {0.1, 0.5}) {
    for (const Index steps : {0, 1, 3, 8}) {
      CHECK(bptt::surviving(Dropped::input, rate, steps, kUnits, kSequences, 1) == 1);
      const double p = std::pow(1 - rate, static_cast<double>(steps));
      CHECK(bptt::expected_to_survive(Dropped::state, rate, steps) == doctest::Approx(p));
      const double state = bptt::surviving(Dropped::state, rate, steps, kUnits, kSequences, 2);
      CHECK(std::abs(state - p) <= 5 * std::sqrt(p * (1 - p) / (kUnits * kSequences)));
      const double q = steps == 0 ? 1 : 1 - rate;
      CHECK(bptt::expected_to_survive(Dropped::state_with_one_mask, rate, steps) == q);
      const double one =
          bptt::surviving(Dropped::state_with_one_mask, rate, steps, kUnits, kSequences, 3);
      CHECK(std::abs(one - q) <= 5 * std::sqrt(q * (1 - q) / (kUnits * kSequences)));
    }
  }
}
