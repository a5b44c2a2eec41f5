// What holds for the guide's cell, examples/variants/README.md, alone.
#include "layers/cells.h"
#include "variants/my_cell.h"

namespace unroll::testing {
namespace {

using variants::MyCell;

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
