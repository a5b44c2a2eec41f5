// The backward walk: what it gives, and what it costs.
#include "core/word_model.h"

#include <doctest/doctest.h>

using namespace unroll;
using testing::has_computed;
using testing::ramp;
using testing::values_of;

namespace {

Var gradient(Var loss, Var x) { return x.tape().gradients(loss, std::span(&x, 1))[0]; }

}  // namespace

TEST_CASE("differentiate: third derivatives are right") {
  Tape tape(DType::f64);
  const Var x = tape.input(Tensor::of<double>({2}, {2, -3}));
  const Var y = x * x * x * x;
  const Var d1 = gradient(y, x);
  const Var d2 = gradient(d1, x);
  const Var d3 = gradient(d2, x);
  CHECK(values_of(d1) == std::vector<double>{32, -108});
  CHECK(values_of(d2) == std::vector<double>{48, 108});
  CHECK(values_of(d3) == std::vector<double>{48, -72});
  CHECK(values_of(gradient(d3, x)) == std::vector<double>{24, 24});
  CHECK(values_of(gradient(gradient(gradient(d3, x), x), x)) == std::vector<double>{0, 0});
}

TEST_CASE("differentiate: a Hessian-vector product through an LSTM is that of finite differences") {
  testing::WordModel model(DType::f64);
  const Parameter U = model.lstm.g.U;
  const auto gradient_at = [&] {
    Tape tape(DType::f64);
    const Var loss = model.loss(tape, 3);
    return values_of(gradient(loss, tape.parameter(U)));
  };
  const Tensor v = ramp(U.shape(), -0.3, 0.05);
  std::vector<double> product;
  {
    Tape tape(DType::f64);
    const Var loss = model.loss(tape, 3);
    const Var u = tape.parameter(U);
    product = values_of(gradient(sum(gradient(loss, u) * tape.input(v)), u));
  }
  const Tensor middle(U.value());
  constexpr double kStep = 1e-5;
  const auto shifted = [&](double factor) {
    Tensor moved = middle;
    for (std::size_t i = 0; i < moved.values<double>().size(); ++i) {
      moved.values<double>()[i] += factor * v.values<double>()[i];
    }
    U.set(moved);
    return gradient_at();
  };
  const std::vector<double> up = shifted(kStep);
  const std::vector<double> down = shifted(-kStep);
  for (std::size_t i = 0; i < product.size(); ++i) {
    const double difference = (up[i] - down[i]) / (2 * kStep);
    CHECK(std::abs(product[i] - difference) < 1e-9 + 1e-6 * std::abs(difference));
  }
}

TEST_CASE("differentiate: the gradient of a tensor is the gradient of its sum") {
  Tape tape(DType::f64);
  const Var x = tape.input(ramp({2, 3}));
  const Var y = exp(x) * x;
  CHECK(values_of(gradient(y, x)) == values_of(gradient(sum(y), x)));
}

TEST_CASE("differentiate: what the loss does not reach has a gradient of zeros") {
  Tape tape(DType::f64);
  const Var x = tape.input(ramp({2, 3}));
  const Var unused = tape.input(ramp({4, 0, 2}));
  const Var ids = tape.input(Tensor::of<std::int32_t>({2}, {0, 1}));
  const Var loss = sum(square(x));
  const Var later = x * 2;
  const std::vector<Var> wrt{unused, later, ids, x};
  const std::vector<Var> gradients = tape.gradients(loss, wrt);
  REQUIRE(gradients.size() == 4);
  CHECK(gradients[0].shape() == Shape{4, 0, 2});
  CHECK(gradients[1].shape() == Shape{2, 3});
  CHECK(values_of(gradients[1]) == std::vector<double>(6, 0.0));
  CHECK(values_of(gradients[2]) == std::vector<double>{0, 0});
  CHECK(gradients[3].value().at(5) == doctest::Approx(1.2));
  CHECK(tape.gradients(loss, std::span<const Var>()).empty());
  CHECK(values_of(gradient(full(tape, {2}, 3), x)) == std::vector<double>(6, 0.0));
}

TEST_CASE("differentiate: a Var used many times gathers all contributions") {
  Tape tape(DType::f64);
  const Var x = tape.input(Tensor::of<double>({}, {3}));
  Var y = x;
  for (int i = 0; i < 50; ++i) y = y + x * i;
  CHECK(gradient(y, x).item() == 1 + 49 * 50 / 2);
  CHECK(gradient(x * x, x).item() == 6);
  const std::vector<Var> terms(7, x);
  CHECK(gradient(add_up(terms), x).item() == 7);
}

TEST_CASE("differentiate: gradients of intermediate values are right") {
  Tape tape(DType::f64);
  const Var x = tape.input(Tensor::of<double>({}, {0.5}));
  const Var h = exp(x);
  const Var y = square(h) + x;
  const std::vector<Var> wrt{h, x, h};
  const std::vector<Var> gradients = tape.gradients(y, wrt);
  CHECK(gradients[0].item() == doctest::Approx(2 * std::exp(0.5)));
  CHECK(gradients[1].item() == doctest::Approx(2 * std::exp(1.0) + 1));
  CHECK(gradients[2] == gradients[0]);
}

TEST_CASE("differentiate: the gradient of the loss itself is one") {
  Tape tape(DType::f64);
  const Var x = tape.input(ramp({3}));
  const Var y = x * 2;
  const std::vector<Var> wrt{y, x};
  const std::vector<Var> gradients = tape.gradients(y, wrt);
  CHECK(values_of(gradients[0]) == std::vector<double>{1, 1, 1});
  CHECK(values_of(gradients[1]) == std::vector<double>{2, 2, 2});
  CHECK(values_of(gradient(x, x)) == std::vector<double>{1, 1, 1});
}

TEST_CASE("differentiate: stop_gradient and operations without a gradient end the walk") {
  Tape tape(DType::f64);
  const Var x = tape.input(Tensor::of<double>({2}, {2, -5}));
  CHECK(values_of(gradient(x * stop_gradient(x), x)) == std::vector<double>{2, -5});
  CHECK(values_of(gradient(stop_gradient(x * x), x)) == std::vector<double>{0, 0});
  CHECK(values_of(gradient(x * greater(x, 0), x)) == std::vector<double>{1, 0});
  const Var stopped = stop_gradient(x);
  CHECK(values_of(gradient(square(stopped), stopped)) == std::vector<double>{4, -10});
}

TEST_CASE("differentiate: two calls on one tape do not disturb each other") {
  Tape tape(DType::f64);
  const Var x = tape.input(ramp({2}));
  const Var y = exp(x);
  const Var first = gradient(y, x);
  const Var other = gradient(y * y, x);
  const Var again = gradient(y, x);
  CHECK(values_of(first) == values_of(again));
  CHECK(values_of(first) == values_of(y));
  CHECK(other.value().at(0) == doctest::Approx(2 * std::exp(0.2)));
}

TEST_CASE("differentiate: broadcast operands get gradients of their own shape") {
  Tape tape(DType::f64);
  const Var a = tape.input(ramp({2, 1, 3}));
  const Var b = tape.input(ramp({4, 1}));
  const std::vector<Var> wrt{a, b};
  const std::vector<Var> gradients = tape.gradients(a * b, wrt);
  CHECK(gradients[0].shape() == Shape{2, 1, 3});
  CHECK(gradients[1].shape() == Shape{4, 1});
  CHECK(gradients[0].value().at(3) == doctest::Approx(0.1 + 0.2 + 0.3 + 0.4));
  CHECK(gradients[1].value().at(3) == doctest::Approx(2.1));
}

TEST_CASE("differentiate: backward through a sequence costs in proportion to its length") {
  struct Cost {
    Index nodes = 0;
    Index elements = 0;
  };
  const auto cost = [](Index steps, bool shared_table) {
    Tape tape(DType::f64);
    const Var x = tape.input(ramp({steps, 2, 3}, 0, 0.01));
    Var table = tape.input(ramp({50, 3}));
    const Var id = tape.input(Tensor::of<std::int32_t>({2}, {1, 1}));
    Var h = full(tape, {2, 3}, 0);
    for (const Var& xt : unstack(x)) {
      h = tanh(xt * h + xt);
      if (shared_table) h = h + embedding(table, id);
    }
    const std::vector<Var> wrt{x, table};
    for (const Var& g : tape.gradients(sum(h), wrt)) (void)g.value();
    Cost result{tape.node_count(), 0};
    for (const Node& node : tape.graph().nodes) {
      if (has_computed(node)) result.elements += node.shape.size();
    }
    return result;
  };
  for (const bool shared_table : {false, true}) {
    CAPTURE(shared_table);
    const Cost one = cost(100, shared_table);
    const Cost two = cost(200, shared_table);
    const Cost four = cost(400, shared_table);
    CHECK(four.nodes - two.nodes == 2 * (two.nodes - one.nodes));
    CHECK(four.elements - two.elements == 2 * (two.elements - one.elements));
    CHECK(one.elements < 100 * 6 * 20);  // twenty tensors of one step's size for each step
  }
}

TEST_CASE("differentiate: a failed walk leaves no trace on what is recorded next") {
  const Parameters parameters(DType::f64);
  const Parameter w = parameters.add("w", {3, 2}, testing::rising());
  Tape tape(DType::f64);
  const Var x = tape.input(ramp({1, 2}));
  Var y;
  {
    const Tape::StepScope scope(tape, 5);
    y = square(linear(x, tape.parameter(w)));
  }
  w.set(ramp({3, 2}));  // the gradient with respect to x needs the old values
  CHECK_THROWS_WITH_AS(gradient(y, x),
                       "Var #1 is parameter 'w' as it was before it was changed; take it from the "
                       "tape again, or read it before the change",
                       HandleError);
  const Var next = x * 2;
  CHECK(tape.graph().nodes[next.index()].origin == -1);
  CHECK(tape.graph().nodes[next.index()].step == -1);
}
