// The one header a user includes stands by itself.
#include <unroll/unroll.h>

#include <doctest/doctest.h>

TEST_CASE("unroll.h alone is enough to record and run") {
  unroll::Tape tape;
  CHECK(unroll::sum(unroll::full(tape, {3, 4}, 0.5)).item() == 6);
}
