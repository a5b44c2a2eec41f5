#include <doctest/doctest.h>
#include <unroll/core/run/denormals.h>
#include <unroll/unroll.h>

#include <limits>

namespace unroll {
namespace {

TEST_CASE("matrix products take what is almost zero as zero, planned or not, on every thread") {
  const float tiny = std::numeric_limits<float>::min();
  for (const bool planned : {false, true}) {
    for (const int threads : {1, 2}) {
      CAPTURE(planned);
      CAPTURE(threads);
      set_threads(threads);
      Tape tape;
      if (!planned) tape.set_passes(Passes::none());
      Tensor almost_zero(DType::f32, {200, 200});
      std::ranges::fill(almost_zero.values<float>(), 0.5F * tiny);
      Tensor large(DType::f32, {200, 200});
      std::ranges::fill(large.values<float>(), 1e30F);
      const Var product = matmul(tape.input(almost_zero), tape.input(large));
      CHECK(sum(product).item() == 0);
      CHECK(sum(matmul(tape.input(large), tape.input(almost_zero))).item() == 0);
      // Other operations compute with them.
      CHECK(2 * tape.input(almost_zero).value().at(0) == tiny);
      CHECK((2 * tape.input(almost_zero)).value().at(0) == tiny);
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
  const Var a = tape.input(Tensor(DType::f32, {30, 30}));
  CHECK(sum(matmul(a, a)).item() == 0);
  CHECK(tiny * 0.5F > 0);
}

}  // namespace
}  // namespace unroll
