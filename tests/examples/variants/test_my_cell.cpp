// The cell of the guide examples/variants/README.md, checked the way the guide says.
#include "variants/my_cell.h"

#include "layers/cells.h"

namespace unroll::testing {
namespace {

using variants::MyCell;

TEST_CASE("my cell: gradients are those of finite differences") {
  for (Index steps = 1; steps <= 6; ++steps) {
    const Parameters p(DType::f64);
    const MyCell cell(p, 3, 2);
    const Tensor x = random_tensor({steps, 2, 3}, 5);  // two sequences of three features
    const GradientCheck check = check_gradients(
        [&](Tape& tape) {
          return unroll_over(cell, tape.input(x), zero_state(cell, tape, 2)).outputs;
        },
        p, {.step = 1e-5});
    INFO(check.message);
    CHECK(check.passed);
  }
}

TEST_CASE("my cell: outputs and gradients are those of golden_my_cell.py") {
  const Parameters p(DType::f64);
  const MyCell cell(p, 1, 2);
  const auto set = [](const Parameter& parameter, const std::vector<double>& values) {
    parameter.set(Tensor::of<double>(parameter.shape(), values));
  };
  set(cell.z.W, {0.5, -1}), set(cell.z.U, {0.1, 0.2, 0.3, -0.4}), set(cell.z.b, {0, 0.5});
  set(cell.n.W, {1, 2}), set(cell.n.U, {-0.5, 0.6, 0.7, 0.8}), set(cell.n.b, {0.1, -0.1});
  set(cell.s, {1, -2});

  Tape tape(DType::f64);
  const Var x = tape.input(Tensor::of<double>({3, 1, 1}, {1, -0.5, 2}));
  const Var h = tape.input(Tensor::of<double>({1, 2}, {0, 0.3}));
  const Tensor golden =
      Tensor::of<double>({3, 1, 2}, {0.398508804035013, 0.328047901913019, 0.133784991310765,
                                     0.255512192948916, 0.591094275440778, 0.270886824149024});
  CHECK(difference(unroll_over(cell, x, h).outputs.value(), golden) < 1e-14);
}

TEST_CASE("my cell: single steps give what the whole sequence gives") {
  const Parameters p;
  const MyCell cell(p, 3, 4);
  const Tensor xs = random_tensor({5, 2, 3}, 7).to(DType::f32);  // T, B, features

  Stepper stepper(cell, 2);
  std::vector<float> outputs;
  for (Index t = 0; t < 5; ++t) {
    const auto x = xs.values<float>().subspan(static_cast<std::size_t>(t * 2 * 3), 2 * 3);
    const TensorView h = stepper.step(Tensor::of<float>({2, 3}, x).view());  // (B, hidden)
    outputs.insert(outputs.end(), h.values<float>().begin(), h.values<float>().end());
  }

  Tape tape;
  const Var whole = unroll_over(cell, tape.input(xs), zero_state(cell, tape, 2)).outputs;
  CHECK(difference(whole.value(), Tensor::of<float>({5, 2, 4}, outputs)) < 1e-6);
}

TEST_CASE("my cell: with a U whose rows have length 1, which no layer knows of") {
  const Parameters p;
  const MyCell cell(p, 3, 4);
  Tape tape;
  tape.replace(cell.n.U, l2_normalise(tape.parameter(cell.n.U), 1));
  const Var x = tape.input(random_tensor({5, 2, 3}, 7));
  const Var loss = sum(square(unroll_over(cell, x, zero_state(cell, tape, 2)).outputs));
  const Gradients gradients = tape.gradients(loss, p);

  // Longer rows change nothing: the gradient is at a right angle to every row of U.
  const std::vector<double> U = cell.n.U.value().to_doubles();
  const std::vector<double> dU = gradients[cell.n.U].to_doubles();
  for (std::size_t row = 0; row < 4; ++row) {
    double product = 0;
    for (std::size_t i = 4 * row; i < 4 * row + 4; ++i) product += U[i] * dU[i];
    CHECK(product == doctest::Approx(0).epsilon(1e-5));
  }
}

// What the guide does not show: ids as input, and the state a sequence begins with.
TEST_CASE("my cell: gradients with ids as x, and of the initial state, are right") {
  const Parameters p(DType::f64, 3);
  const MyCell cell(p / "cell", Input::one_hot(4), 2, random_options());
  const Parameter h = p.add("h", {3, 2}, uniform(1));
  const Tensor ids = random_ids({4, 3}, 6, 4);
  const GradientCheck check = check_gradients(
      [&](Tape& tape) { return all_of(unroll_over(cell, tape.input(ids), tape.parameter(h))); }, p,
      {.step = 1e-5});
  INFO(check.message);
  CHECK(check.passed);
}

TEST_CASE("my cell: its units begin at speeds from 0.007 to 0.9") {
  const Parameters p(DType::f64);
  const MyCell cell(p, 1, 200);
  const std::vector<double> s = cell.s.value().to_doubles();
  CHECK(*std::min_element(s.begin(), s.end()) == doctest::Approx(-5).epsilon(0.05));
  CHECK(*std::max_element(s.begin(), s.end()) == doctest::Approx(2).epsilon(0.1));
}

}  // namespace
}  // namespace unroll::testing
