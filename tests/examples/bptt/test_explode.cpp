/// The chapter explode against its recurrence in plain doubles.

#include <doctest/doctest.h>
#include <unroll/unroll.h>

#include <cmath>
#include <vector>

#include "bptt/explode.h"

using bptt::CliffPoint;

namespace {

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

/// Loss and gradient by forward differentiation: dx'/dw = w s'(x) dx/dw + s(x), and so for b.
CliffPoint by_hand(double w, double b) {
  double x = bptt::kCliffStart;
  double dw = 0;
  double db = 0;
  for (int t = 0; t < bptt::kCliffSteps; ++t) {
    const double s = sigmoid(x);
    const double slope = w * s * (1 - s);
    dw = slope * dw + s;
    db = slope * db + 1;
    x = w * s + b;
  }
  const double s = sigmoid(x);
  const double outer = 2 * (s - bptt::kCliffTarget) * s * (1 - s);
  return {w, b, (s - bptt::kCliffTarget) * (s - bptt::kCliffTarget), outer * dw, outer * db};
}

void check_same(const CliffPoint& point, const CliffPoint& expected) {
  CAPTURE(point.w);
  CAPTURE(point.b);
  CHECK(point.loss == doctest::Approx(expected.loss).epsilon(1e-9));
  CHECK(point.dw == doctest::Approx(expected.dw).epsilon(1e-7));
  CHECK(point.db == doctest::Approx(expected.db).epsilon(1e-7));
}

}  // namespace

TEST_CASE("explode: loss and gradient are those of the recurrence by hand") {
  const std::vector<double> w = {-2, 0, 3.5, 5, 5, 5, 5.5, 6.5};
  const std::vector<double> b = {1, 0.3, -1, -2.2, -2.55, -3, -2.4, -3.5};
  const std::vector<CliffPoint> points = bptt::cliff_points(w, b);
  REQUIRE(points.size() == w.size());
  for (std::size_t i = 0; i < w.size(); ++i) check_same(points[i], by_hand(w[i], b[i]));
}

TEST_CASE("explode: without recurrence the loss is a function of b alone") {
  // w = 0: x = b at every step, dL/db = 2 (s(b) - 0.7) s'(b), and dL/dw is s(b) times that.
  const double s = sigmoid(1.5);
  const CliffPoint point = bptt::cliff_points({0}, {1.5}).front();
  CHECK(point.loss == doctest::Approx((s - 0.7) * (s - 0.7)));
  CHECK(point.db == doctest::Approx(2 * (s - 0.7) * s * (1 - s)));
  CHECK(point.dw == doctest::Approx(s * point.db));
}

TEST_CASE("explode: the wall is a hundred times steeper than either side") {
  for (const double w : {4.6, 5.0, 6.0}) {
    const double wall = bptt::wall_at(w);
    const auto points = bptt::cliff_points({w, w, w}, {wall + 0.1, wall, wall - 0.1});
    CHECK(points[0].loss < 0.05);
    CHECK(points[1].loss == doctest::Approx(0.18).epsilon(1e-3));
    CHECK(points[2].loss > 0.3);
    CHECK(points[1].norm() > 100 * points[0].norm());
    CHECK(points[1].norm() > 100 * points[2].norm());
  }
}

TEST_CASE("explode: a descent goes by the rate times the gradient") {
  const auto path = bptt::descend(5.5, -2.4, 0.2, 0, 5);
  REQUIRE(path.size() == 6);
  CHECK(path[0].w == 5.5);
  CHECK(path[0].b == -2.4);
  for (std::size_t i = 0; i < path.size(); ++i) {
    check_same(path[i], by_hand(path[i].w, path[i].b));
    if (i == 0) continue;
    CHECK(path[i].w == doctest::Approx(path[i - 1].w - 0.2 * path[i - 1].dw));
    CHECK(path[i].b == doctest::Approx(path[i - 1].b - 0.2 * path[i - 1].db));
  }
}

TEST_CASE("explode: without clipping the wall throws the weights away and with it they stay") {
  const auto plain = bptt::descend(5.5, -2.4, 0.2, 0, 150);
  const auto clipped = bptt::descend(5.5, -2.4, 0.2, 0.5, 150);
  CHECK(bptt::longest_step(plain) > 2);
  CHECK(bptt::longest_step(clipped) <= 0.2 * 0.5 * (1 + 1e-9));
  for (const CliffPoint& point : clipped) {
    CHECK(point.w > 4);
    CHECK(point.w < 5.6);
  }
}
