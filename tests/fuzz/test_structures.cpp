// A few random programs of every kind of structure; the program fuzz_plan runs many.
#include "fuzz/compare.h"

#include <doctest/doctest.h>

namespace unroll::fuzz {
namespace {

TEST_CASE("random structures: a few of each kind, in a few ways") {
  for (const Structure& structure : all_structures()) {
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
      const auto failure = check(structure, {seed, seed, 70, 5}, Effort::few);
      if (failure) FAIL_CHECK(to_string(shrink(structure, *failure)));
    }
  }
}

TEST_CASE("random structures: one of each kind, in many ways") {
  for (const Structure& structure : all_structures()) {
    const auto failure = check(structure, {7, 7, 33, 4}, Effort::many);
    if (failure) FAIL_CHECK(to_string(shrink(structure, *failure)));
  }
}

}  // namespace
}  // namespace unroll::fuzz
