// What bounds are computed from: the operations of products that ran, and no others.
#include <doctest/doctest.h>
#include <unroll/unroll.h>

#include "bench/bound.h"

namespace {

using namespace unroll;

Var ones(Tape& tape, const Shape& shape) {
  Tensor tensor(DType::f32, shape);
  std::ranges::fill(tensor.values<float>(), 1.0F);
  return tape.input(tensor);
}

TEST_CASE("bound: products count 2 m n k, along leading axes and transposed too") {
  for (const Transposed t :
       {Transposed{}, Transposed{true, false}, Transposed{false, true}, Transposed{true, true}}) {
    const Shape a = t.a ? Shape{4, 3} : Shape{3, 4};
    const Shape b = t.b ? Shape{5, 4} : Shape{4, 5};
    Tape tape;
    (void)matmul(ones(tape, a), ones(tape, b), t).value();
    CHECK(bench::flops_of_products(tape.graph()) == 2 * 3 * 4 * 5);
    tape.clear();
    (void)matmul(ones(tape, a.inserted(0, 2)), ones(tape, b.inserted(0, 2)), t).value();
    CHECK(bench::flops_of_products(tape.graph()) == 2 * 2 * 3 * 4 * 5);
  }
}

TEST_CASE("bound: what has not run does not count") {
  Tape tape;
  const Var x = ones(tape, {3, 4});
  const Var product = matmul(x, ones(tape, {4, 5}));
  (void)square(x).value();
  CHECK(bench::flops_of_products(tape.graph()) == 0);
  (void)product.value();
  CHECK(bench::flops_of_products(tape.graph()) == 2 * 3 * 4 * 5);
}

}  // namespace
