// Reductions against naive loops.
#include "support.h"

#include <functional>

namespace unroll::testing {
namespace {

/// Reduces one axis of x by a loop: f(all elements of a group).
std::vector<double> naive(const Tensor& x, int axis,
                          const std::function<double(const std::vector<double>&)>& f) {
  const Shape& shape = x.shape();
  const Index inner = shape.size(axis + 1, shape.rank());
  std::vector<double> result;
  for (Index outer = 0; outer < shape.size(0, axis); ++outer) {
    for (Index i = 0; i < inner; ++i) {
      std::vector<double> group;
      for (Index k = 0; k < shape[axis]; ++k) {
        group.push_back(x.at((outer * shape[axis] + k) * inner + i));
      }
      result.push_back(f(group));
    }
  }
  return result;
}

double total(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum;
}

TEST_CASE("reduce: every axis of every rank, counted from either end") {
  for (const Shape& shape : {Shape{1}, Shape{19}, Shape{3, 5}, Shape{1, 1}, Shape{5, 33},
                             Shape{2, 3, 4}, Shape{3, 2, 1, 4}, Shape{2, 2, 9, 17}}) {
    const Tensor x = random_tensor(shape, 3);
    for (int axis = 0; axis < shape.rank(); ++axis) {
      CAPTURE(shape.to_string());
      CAPTURE(axis);
      const auto count = static_cast<double>(shape[axis]);
      const std::vector<double> sums = naive(x, axis, total);
      const std::vector<double> means = naive(x, axis, [=](auto v) { return total(v) / count; });
      const std::vector<double> largest =
          naive(x, axis, [](auto v) { return *std::max_element(v.begin(), v.end()); });
      Tape tape(DType::f64);
      const Var v = tape.input(x);
      for (const Index a : {Index{axis}, Index{axis} - shape.rank()}) {
        for (const bool keep : {false, true}) {
          const Shape wanted = keep ? shape.with(axis, 1) : shape.without(axis);
          CHECK(sum(v, a, keep).shape() == wanted);
          CHECK(max(v, a, keep).shape() == wanted);
          CHECK(mean(v, a, keep).shape() == wanted);
          CHECK(difference(sum(v, a, keep).value().to_doubles(), sums) < 1e-14);
          CHECK(difference(mean(v, a, keep).value().to_doubles(), means) < 1e-14);
          CHECK(max(v, a, keep).value().to_doubles() == largest);
        }
      }
      CHECK(std::abs(sum(v).item() - total(sums)) < 1e-12);
      CHECK(std::abs(mean(v).item() - total(sums) / static_cast<double>(x.size())) < 1e-13);
    }
  }
}

TEST_CASE("reduce: nothing to add is zero, nothing to average is NaN") {
  Tape tape;
  const Var x = tape.input(Tensor(DType::f32, {2, 0, 3}));
  CHECK(sum(x).item() == 0);
  CHECK(sum(x, 1).value().to_doubles() == std::vector<double>(6, 0));
  for (const double average : mean(x, 1).value().to_doubles()) CHECK(std::isnan(average));
  CHECK(std::isnan(mean(x).item()));
  CHECK_THROWS_WITH_AS((void)mean(x, 3), "mean: axis 3 of (2 x 0 x 3), which has 3 dimensions",
                       ShapeError);
  CHECK(mean(x, 0).shape() == Shape{0, 3});
}

TEST_CASE("reduce: a long f32 sum loses little") {
  // One running sum would be off by a quarter.
  constexpr Index kCount = 1 << 22;
  Tape tape(DType::f32);
  const double found = sum(full(tape, {kCount}, 0.1)).item();
  CHECK(std::abs(found / (static_cast<double>(0.1F) * kCount) - 1) < 1e-5);
}

TEST_CASE("max: NaN wins, and infinities are compared as numbers") {
  const double inf = INFINITY;
  Tape tape(DType::f64);
  const Var x =
      tape.input(Tensor::of<double>({4, 3}, {1, NAN, 2, NAN, 1, 2, -inf, -inf, -inf, inf, 0, NAN}));
  const TensorView y = max(x, 1).value();
  CHECK(std::isnan(y.at(0)));
  CHECK(std::isnan(y.at(1)));
  CHECK(y.at(2) == -inf);
  CHECK(std::isnan(y.at(3)));
}

TEST_CASE("max: where several are largest the gradient is shared equally") {
  Tape tape(DType::f64);
  const std::vector<Var> x{tape.input(Tensor::of<double>({2, 4}, {3, 1, 3, 3, 5, 5, 4, 2}))};
  const double third = 1 / 3.0;
  CHECK(difference(tape.gradients(max(x[0], 1), x)[0].value().to_doubles(),
                   {third, 0, third, third, 0.5, 0.5, 0, 0}) < 1e-15);
}

TEST_CASE("sum_to: undoes a broadcast, and only one") {
  Tape tape(DType::f64);
  const Tensor x = random_tensor({2, 3, 4}, 1);
  const Var v = tape.input(x);
  CHECK(sum_to(v, {2, 3, 4}) == v);
  CHECK(sum_to(v, {}).shape() == Shape{});
  CHECK(std::abs(sum_to(v, {}).item() - sum(v).item()) < 1e-13);
  CHECK(sum_to(v, {3, 1}).shape() == Shape{3, 1});
  CHECK(difference(sum_to(v, {3, 1}).value(), sum(sum(v, 0), 1, true).value()) < 1e-14);
  CHECK(difference(sum_to(v, {2, 1, 4}).value(), sum(v, 1, true).value()) < 1e-14);
  CHECK(difference(sum_to(v, {1, 1, 4}).value(), sum(sum(v, 0, true), 1, true).value()) < 1e-14);
  CHECK_THROWS_WITH_AS((void)sum_to(v, {2, 4}), "sum_to: (2 x 4) does not broadcast to (2 x 3 x 4)",
                       ShapeError);
  CHECK_THROWS_WITH_AS((void)sum_to(v, {1, 2, 3, 4}),
                       "sum_to: (1 x 2 x 3 x 4) does not broadcast to (2 x 3 x 4)", ShapeError);
}

TEST_CASE("sum: no element of a long row is left out, at any length") {
  Tape tape(DType::f64);
  for (const Index n : {4095, 4096, 4097, 8191, 8193, 12'289}) {
    CHECK(sum(full(tape, {n}, 1)).item() == static_cast<double>(n));
    CHECK(sum(full(tape, {2, n}, 1), -1).value().at(1) == static_cast<double>(n));
  }
}

}  // namespace
}  // namespace unroll::testing
