// The outputs of the guide's cell, examples/variants/README.md, against a second writing of its
// equations.
#include "layers/cells.h"
#include "variants/my_cell.h"

namespace unroll::testing {
namespace {

using variants::MyCell;

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

}  // namespace
}  // namespace unroll::testing
