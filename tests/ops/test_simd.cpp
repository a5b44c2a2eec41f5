// The instruction set that tests ask for by UNROLL_TEST_SIMD is the one that runs.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/test_simd.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <cstdint>

HWY_BEFORE_NAMESPACE();
namespace unroll::testing::HWY_NAMESPACE {
std::int64_t target() { return HWY_TARGET; }
}  // namespace unroll::testing::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <doctest/doctest.h>

#include <cstdlib>
#include <string_view>

namespace unroll::testing {

HWY_EXPORT(target);

TEST_CASE("simd: the instruction set asked for stays in use after the supported ones are listed") {
  const char* const text = std::getenv("UNROLL_TEST_SIMD");
  [[maybe_unused]] const std::string_view simd = text == nullptr ? "" : text;
  (void)hwy::SupportedTargets();
  const std::int64_t in_use = HWY_DYNAMIC_DISPATCH(target)();  // the better the lower
#if HWY_ARCH_X86
  if (simd == "avx2") CHECK(in_use >= HWY_AVX2);
  if (simd == "sse4") CHECK(in_use >= HWY_SSE4);
#endif
  CHECK((hwy::SupportedTargets() & in_use) != 0);
}

}  // namespace unroll::testing
#endif
