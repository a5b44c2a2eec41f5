// Running sums, orders, positions: against plain loops and by hand.
#include "support.h"

namespace unroll::testing {
namespace {

using Numbers = std::vector<double>;

TEST_CASE("scan: running sums along either axis") {
  Tape tape(DType::f64);
  const Var x = tape.input(Tensor::of<double>({2, 3}, {1, 2, 3, 4, 5, 6}));
  CHECK(cumsum(x, 1).value().to_doubles() == Numbers{1, 3, 6, 4, 9, 15});
  CHECK(cumsum(x, -2).value().to_doubles() == Numbers{1, 2, 3, 5, 7, 9});
}

TEST_CASE("scan: flip reverses an axis and roll turns it, gradients included") {
  Tape tape(DType::f64);
  const Var x = tape.input(Tensor::of<double>({2, 3}, {1, 2, 3, 4, 5, 6}));
  CHECK(flip(x, 1).value().to_doubles() == Numbers{3, 2, 1, 6, 5, 4});
  CHECK(flip(x, 0).value().to_doubles() == Numbers{4, 5, 6, 1, 2, 3});
  CHECK(roll(x, 1, 1).value().to_doubles() == Numbers{3, 1, 2, 6, 4, 5});
  CHECK(roll(x, -1, -1).value().to_doubles() == Numbers{2, 3, 1, 5, 6, 4});
  CHECK(roll(x, 1, 4).value().to_doubles() == Numbers{3, 1, 2, 6, 4, 5});
  CHECK(roll(x, 1, 3) == x);
  CHECK(flip(tape.input(ids_of({3}, {7, 8, 9})), 0).value().at(0) == 9);
  CHECK_THROWS_WITH_AS((void)roll(x, 2, 1), "roll: axis 2 of (2 x 3), which has 2 dimensions",
                       ShapeError);
}

TEST_CASE("scan: argmax gives ids that a table can be read by") {
  Tape tape(DType::f64);
  const Var x = tape.input(Tensor::of<double>({2, 3}, {1, 7, 7, NAN, 9, NAN}));
  const Var best = argmax(x);
  CHECK(best.dtype() == DType::i32);
  CHECK(best.value().to_doubles() == Numbers{1, 0});
  CHECK(argmin(x).value().to_doubles() == Numbers{0, 0});
  CHECK(argmax(x, 0).value().to_doubles() == Numbers{1, 1, 1});
  const Var table = tape.input(Tensor::of<double>({3, 2}, {1, 2, 3, 4, 5, 6}));
  CHECK(embedding(table, best).value().to_doubles() == Numbers{3, 4, 1, 2});
}

TEST_CASE("reduce: products count zeros as factors, in the gradient too") {
  Tape tape(DType::f64);
  const std::vector<Var> x{tape.input(Tensor::of<double>({3, 3}, {2, 3, 4, 0, 3, 4, 0, 0, 5}))};
  const Var y = prod(x[0], 1);
  CHECK(y.value().to_doubles() == Numbers{24, 0, 0});
  CHECK(tape.gradients(y, x)[0].value().to_doubles() == Numbers{12, 8, 6, 12, 0, 0, 0, 0, 0});
  CHECK(prod(x[0], 0, true).value().to_doubles() == Numbers{0, 0, 80});
  CHECK(prod(tape.input(Tensor(DType::f64, {2, 0})), 1).value().to_doubles() == Numbers{1, 1});
  const std::vector<Tensor> long_row{random_tensor({2, 13}, 1, 0.5, 2)};
  CHECK(check_gradients([](Tape&, Vars v) { return prod(v[0], 1); }, long_row).passed);
}

TEST_CASE("reduce: an empty axis gives what NumPy gives") {
  Tape tape(DType::f64);
  const Var nothing = tape.input(Tensor(DType::f64, {2, 0}));
  CHECK(sum(nothing, 1).value().to_doubles() == Numbers{0, 0});
  CHECK(std::isnan(mean(nothing, 1).value().at(0)));
  CHECK(std::isnan(mean(nothing).item()));
  CHECK(std::isnan(variance(nothing, 1).value().at(1)));
  CHECK(logsumexp(nothing, 1).value().to_doubles() == Numbers{-INFINITY, -INFINITY});
  CHECK(cumsum(nothing, 1).value().size() == 0);
  CHECK(logsumexp(nothing, 0).value().size() == 0);
}

TEST_CASE("reduce: sum, mean and max over several axes equal one axis after another") {
  Tape tape(DType::f64);
  const Var x = tape.input(random_tensor({2, 3, 4}, 1));
  CHECK(difference(sum(x, {0, 2}).value(), sum(sum(x, 2), 0).value()) < 1e-14);
  CHECK(mean(x, {-1, 0}, true).shape() == Shape{1, 3, 1});
  CHECK(max(x, {0, 1, 2}).item() == max(reshape(x, {24}), 0).item());
  CHECK_THROWS_WITH_AS((void)sum(x, {0, -3}), "sum: axis -3 is named twice", ShapeError);
  CHECK_THROWS_WITH_AS((void)mean(x, {0, 3}), "mean: axis 3 of (2 x 3 x 4), which has 3 dimensions",
                       ShapeError);
}

TEST_CASE("reduce: variance and l2_normalise are their formulas") {
  Tape tape(DType::f64);
  const Var x = tape.input(Tensor::of<double>({2, 4}, {1, 2, 3, 4, 0, 0, 0, 0}));
  CHECK(variance(x, 1).value().to_doubles() == Numbers{1.25, 0});
  CHECK(variance(x, 1, true, 1).value().at(0) == doctest::Approx(5 / 3.0));
  const std::vector<Var> v{x};
  const Var unit = l2_normalise(x, 1);
  CHECK(sum(square(unit), 1).value().at(0) == doctest::Approx(1));
  // A row of zeros stays one, and its gradient is finite.
  for (const double slope : tape.gradients(unit, v)[0].value().to_doubles()) {
    CHECK(std::isfinite(slope));
  }
}

TEST_CASE("reduce: logsumexp of what is impossible has gradient zero") {
  Tape tape(DType::f64);
  const std::vector<Var> x{
      tape.input(Tensor::of<double>({2, 2}, {-INFINITY, -INFINITY, -INFINITY, 3}))};
  const Var y = logsumexp(x[0], 1);
  CHECK(y.value().to_doubles() == Numbers{-INFINITY, 3});
  CHECK(tape.gradients(y, x)[0].value().to_doubles() == Numbers{0, 0, 0, 1});
  CHECK(logsumexp(x[0], 0).value().to_doubles() == Numbers{-INFINITY, 3});
}

TEST_CASE("ranking: the best comes first, NaN last, of equal values the first one") {
  const Tensor x = Tensor::of<double>({2, 4}, {3, NAN, 5, 3, 1, 2, 3, 4});
  const Ranking best = topk(x, 3);
  CHECK(best.ids == std::vector<std::int32_t>{2, 0, 3, 3, 2, 1});
  CHECK(best.values == Numbers{5, 3, 3, 4, 3, 2});
  CHECK(sort(x).ids == std::vector<std::int32_t>{2, 0, 3, 1, 3, 2, 1, 0});
  CHECK(argmax(x) == std::vector<std::int32_t>{2, 3});
  CHECK_THROWS_WITH_AS((void)topk(x, 5), "topk: the best 5 of (2 x 4), whose rows have 4 elements",
                       ShapeError);
  CHECK_THROWS_WITH_AS((void)topk(Tensor(DType::f32, {}), 0), "topk: a scalar: rows are needed",
                       ShapeError);
}

TEST_CASE("fill: triangular masks keep their side of the diagonal") {
  Tape tape;
  CHECK(lower_triangle(tape, 2, 3).value().to_doubles() == Numbers{1, 0, 0, 1, 1, 0});
  CHECK(lower_triangle(tape, 2, 2, -1).value().to_doubles() == Numbers{0, 0, 1, 0});
  CHECK(upper_triangle(tape, 2, 3, 1).value().to_doubles() == Numbers{0, 1, 1, 0, 0, 1});
}

TEST_CASE("index: index_select takes slices along any axis") {
  Tape tape(DType::f64);
  const Var x = tape.input(Tensor::of<double>({2, 3}, {1, 2, 3, 4, 5, 6}));
  const Var ids = tape.input(ids_of({2}, {2, 0}));
  CHECK(index_select(x, ids, 1).value().to_doubles() == Numbers{3, 1, 6, 4});
  CHECK(index_select(x, tape.input(ids_of({1}, {1})), 0).value().to_doubles() == Numbers{4, 5, 6});
  CHECK(gather(x, tape.input(ids_of({2, 1}, {2, 0})), 1).value().to_doubles() == Numbers{3, 4});
  CHECK_THROWS_WITH_AS((void)index_select(x, tape.input(ids_of({1, 1}, {0})), 0),
                       "index_select: ids are (1 x 1): a list is needed", ShapeError);
}

}  // namespace
}  // namespace unroll::testing
