/// The network of the chapter toy against the numbers of the tutorials.

#include <doctest/doctest.h>
#include <unroll/unroll.h>

#include <vector>

#include "bptt/toy.h"

using namespace unroll;

TEST_CASE("the toy network gives the outputs of the tutorials") {
  Tape tape(DType::f64);
  const Var y = bptt::ToyNetwork().outputs(tape);
  CHECK(y.value().to_doubles() == std::vector<double>{4, 4, 12, 12, 32, 32});
}
