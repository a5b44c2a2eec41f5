#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>
#include <hwy/targets.h>

#include <cstdint>
#include <cstdlib>
#include <string_view>

/// UNROLL_TEST_SIMD=avx2 or sse4: what a processor without AVX-512, or without AVX, would run.
int main(int argc, char** argv) {
  setenv("UNROLL_PLAN_VERIFY", "1", 0);  // what holds for plans is checked after every stage
  const char* const text = std::getenv("UNROLL_TEST_SIMD");
  const std::string_view simd = text == nullptr ? "" : text;
#if HWY_ARCH_X86
  // Not DisableTargets(): a later SupportedTargets() would choose among all of them again.
  const auto use_at_best = [](std::int64_t target) {  // the better the target the lower its bit
    hwy::SetSupportedTargetsForTest(hwy::SupportedTargets() & ~(target - 1));
  };
  if (simd == "avx2") use_at_best(HWY_AVX2);
  if (simd == "sse4") use_at_best(HWY_SSE4);
#endif
  return doctest::Context(argc, argv).run();
}
