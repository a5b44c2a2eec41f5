/// The network of the chapter toy against the numbers of the tutorials, and against closed forms:
/// h is [2, 2], [6, 6], [16, 16] and dL_t/dh_k = V^T (U^T)^(t-k) [1, 1] = 2^(t-k+1) [1, 1].

#include <doctest/doctest.h>
#include <unroll/unroll.h>

#include <cmath>
#include <vector>

#include "bptt/toy.h"
#include "support.h"

using namespace unroll;
using bptt::GradientTerms;

TEST_CASE("toy: the outputs are those of the tutorials") {
  Tape tape(DType::f64);
  const Var y = bptt::ToyNetwork().outputs(tape);
  CHECK(y.value().to_doubles() == std::vector<double>{4, 4, 12, 12, 32, 32});
}

TEST_CASE("toy: every term of the textbook's sum has its closed form") {
  const bptt::ToyNetwork network;
  const std::vector<double> x{1, 1, 2};
  const std::vector<double> h_before{0, 2, 6};
  const GradientTerms by_U = network.terms(network.U());
  const GradientTerms by_W = network.terms(network.W());
  REQUIRE(by_U.size() == 3);
  REQUIRE(by_W.size() == 3);
  for (std::size_t t = 0; t < 3; ++t) {
    REQUIRE(by_U[t].size() == 3);
    for (std::size_t k = 0; k < 3; ++k) {
      const double dh = k <= t ? std::pow(2, static_cast<double>(t - k) + 1) : 0;
      CHECK(by_U[t][k].to_doubles() == std::vector<double>(4, dh * h_before[k]));
      CHECK(by_W[t][k].to_doubles() == std::vector<double>(4, dh * x[k]));
    }
  }
  CHECK(bptt::sum_of(by_U) == std::vector<double>(4, 24));
  CHECK(bptt::sum_of(by_W) == std::vector<double>(4, 24));
}

TEST_CASE("toy: the terms of any cell add up to what the tape got") {
  const Parameters p(DType::f64, 3);
  const Lstm cell(p, 2, 3);
  const Tensor x = testing::random_tensor({5, 2, 2}, 1);
  const auto loss_of = [](Var h) { return sum(square(h)); };
  Tape tape(DType::f64);
  const Var outputs = unroll_over(cell, tape.input(x), zero_state(cell, tape, 2)).outputs;
  const Gradients gradients = tape.gradients(loss_of(outputs), p);
  for (const Parameter& weight : p.all()) {
    const GradientTerms terms = bptt::gradient_terms(AnyCell(cell), weight, x, loss_of);
    CHECK(testing::difference(bptt::sum_of(terms), gradients[weight].to_doubles()) < 1e-14);
    for (std::size_t t = 0; t < terms.size(); ++t) {
      for (std::size_t k = t + 1; k < terms.size(); ++k) {
        for (const double value : terms[t][k].to_doubles()) CHECK(value == 0);
      }
    }
  }
}

TEST_CASE("toy: the walk goes from the loss back and meets every node with its gradient") {
  const bptt::ToyNetwork network;
  Tape tape(DType::f64);
  const Var y = network.outputs(tape);
  const Var loss = sum(y);
  const std::vector<bptt::NodeGradient> walk = bptt::walk_back(loss);
  REQUIRE(!walk.empty());
  CHECK(walk.front().node == loss);
  CHECK(walk.front().gradient.item() == 1);
  bool met_U = false;
  for (std::size_t i = 0; i < walk.size(); ++i) {
    const auto& [node, gradient] = walk[i];
    if (i > 0) CHECK(node.index() < walk[i - 1].node.index());
    CHECK(gradient.shape() == node.shape());
    if (node == y) CHECK(gradient.value().to_doubles() == std::vector<double>(6, 1));
    if (node != tape.parameter(network.U())) continue;
    met_U = true;
    CHECK(gradient.value().to_doubles() == std::vector<double>(4, 24));
  }
  CHECK(met_U);
}

TEST_CASE("toy: the walk leaves out what has no part in the loss") {
  Tape tape(DType::f64);
  const Var x = tape.input(Tensor::of<double>({2}, {1, 2}));
  const Var aside = x * 5;
  const Var loss = sum(x * x);
  for (const auto& [node, gradient] : bptt::walk_back(loss)) {
    CHECK(node != aside);
    if (node == x) CHECK(gradient.value().to_doubles() == std::vector<double>{2, 4});
  }
}

TEST_CASE("toy: states and their gradients have their closed forms step by step") {
  const bptt::ToyNetwork network;
  Tape tape(DType::f64);
  const std::vector<bptt::ToyNetwork::Step> steps = network.steps(tape);
  REQUIRE(steps.size() == 3);
  const Var loss = sum(steps[0].y) + sum(steps[1].y) + sum(steps[2].y);
  const std::vector<double> x{1, 1, 2};
  const std::vector<double> h{2, 6, 16};
  // dL/dh_t = V^T [1, 1] + U^T dL/dh_(t+1), from the last step back.
  const std::vector<double> dh{14, 6, 2};
  for (std::size_t t = 0; t < 3; ++t) {
    const auto twice = [](double value) { return std::vector<double>(2, value); };
    CHECK(steps[t].x.value().to_doubles() == twice(x[t]));
    CHECK(steps[t].h.value().to_doubles() == twice(h[t]));
    CHECK(steps[t].y.value().to_doubles() == twice(2 * h[t]));
    const std::vector<Var> gradients =
        tape.gradients(loss, std::vector{steps[t].x, steps[t].h, steps[t].y});
    CHECK(gradients[0].value().to_doubles() == twice(2 * dh[t]));
    CHECK(gradients[1].value().to_doubles() == twice(dh[t]));
    CHECK(gradients[2].value().to_doubles() == twice(1));
  }
}
