// Which matrices lie one after the other in memory.
#include <unroll/core/plan/neighbours.h>

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <vector>

namespace unroll {
namespace {

TEST_CASE("neighbours: runs are found in any order, and each matrix is in exactly one") {
  std::array<std::byte, 100> memory{};
  const auto at = [&](std::size_t i) { return Located{memory.data() + 10 * i, 10}; };
  using Runs = std::vector<std::vector<std::size_t>>;
  CHECK(runs_of_neighbours({}) == Runs{});
  CHECK(runs_of_neighbours(std::array{at(3), at(2), at(0), at(4)}) == Runs{{1, 0, 3}, {2}});
  CHECK(runs_of_neighbours(std::array{at(0), at(1), at(0), at(1), at(1)}) ==
        Runs{{0, 1}, {2, 3}, {4}});
  CHECK(runs_of_neighbours(std::array{at(0), Located{memory.data() + 10, 20}}) == Runs{{0}, {1}});
  CHECK(runs_of_neighbours(std::array{Located{nullptr, 10}, Located{nullptr, 10}}) ==
        Runs{{0}, {1}});
}

}  // namespace
}  // namespace unroll
