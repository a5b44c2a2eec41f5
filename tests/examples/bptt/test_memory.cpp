/// The chapter memory: lines are fitted right, and the tape's length is one.

#include <doctest/doctest.h>
#include <unroll/unroll.h>

#include <vector>

#include "bptt/memory.h"

using examples::ChartPoint;
using unroll::Index;

TEST_CASE("memory: the line through points of a line is that line") {
  const std::vector<ChartPoint> points{{1, 5}, {2, 7}, {4, 11}, {10, 23}};
  const bptt::Line line = bptt::fit_line(points);
  CHECK(line.intercept == doctest::Approx(3));
  CHECK(line.slope == doctest::Approx(2));
  CHECK(line.worst < 1e-14);
}

TEST_CASE("memory: the line of least squares has its closed form") {
  const bptt::Line line = bptt::fit_line(std::vector<ChartPoint>{{0, 0}, {1, 3}, {2, 0}});
  CHECK(line.slope == doctest::Approx(0));
  CHECK(line.intercept == doctest::Approx(1));
  CHECK(line.worst == doctest::Approx(2.0 / 3));
}

TEST_CASE("memory: each step adds as many nodes as the one before forward and backward") {
  std::vector<bptt::Cost> costs;
  for (Index steps = 2; steps <= 8; ++steps) costs.push_back(bptt::cost_of(steps, 4, 2, 1));
  const Index forward = costs[1].forward_nodes - costs[0].forward_nodes;
  const Index backward = costs[1].backward_nodes - costs[0].backward_nodes;
  CHECK(forward > 0);
  CHECK(backward > forward);
  for (std::size_t i = 0; i + 1 < costs.size(); ++i) {
    CHECK(costs[i + 1].forward_nodes - costs[i].forward_nodes == forward);
    CHECK(costs[i + 1].backward_nodes - costs[i].backward_nodes == backward);
  }
}

TEST_CASE("memory: the bytes of a tape grow with the number of steps and in proportion") {
  const double short_one = bptt::cost_of(50, 16, 4, 1).bytes;
  const double middle = bptt::cost_of(100, 16, 4, 1).bytes;
  const double long_one = bptt::cost_of(200, 16, 4, 1).bytes;
  CHECK((long_one - middle) / (middle - short_one) == doctest::Approx(2).epsilon(0.5));
}
