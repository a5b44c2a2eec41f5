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

}  // namespace
}  // namespace unroll::testing
