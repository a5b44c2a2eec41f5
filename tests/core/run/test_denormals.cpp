#include <doctest/doctest.h>
#include <unroll/core/run/denormals.h>
#include <unroll/unroll.h>

#include <limits>

namespace unroll {
namespace {

TEST_CASE("what is almost zero is zero in every operation, planned or not, on every thread") {
  const float tiny = std::numeric_limits<float>::min();
  for (const bool planned : {false, true}) {
    for (const int threads : {1, 2}) {
      CAPTURE(planned);
      CAPTURE(threads);
      set_threads(threads);
      Tape tape;
      if (!planned) tape.set_passes(Passes::none());
      Tensor x(DType::f32, {400, 400});
      std::ranges::fill(x.values<float>(), tiny);
      const Var half = 0.5 * tape.input(x);
      const Var product = matmul(tape.input(x), 1e-30F * tape.input(x));
      CHECK(max(reshape(half, {160000}), 0).item() == 0);
      CHECK(max(reshape(abs(product), {160000}), 0).item() == 0);
      CHECK(max(reshape(2 * tape.input(x), {160000}), 0).item() == 2 * tiny);
    }
  }
  set_threads(1);
}

TEST_CASE("the arithmetic of the program around is as it was") {
  volatile float tiny = std::numeric_limits<float>::min();
  {
    const DenormalsAreZero zero;
    CHECK(tiny * 0.5F == 0);
  }
  CHECK(tiny * 0.5F > 0);
  Tape tape;
  CHECK(sum(tape.input(Tensor(DType::f32, {3}))).item() == 0);
  CHECK(tiny * 0.5F > 0);
}

}  // namespace
}  // namespace unroll
