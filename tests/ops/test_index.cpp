// Looking up by ids, and the rows and elements that come back.
#include "support.h"

namespace unroll::testing {
namespace {

using Numbers = std::vector<double>;

TEST_CASE("index: embedding copies rows, for ids of any shape") {
  const Tensor table = random_tensor({7, 3}, 1);
  for (const Shape& shape : {Shape{}, Shape{5}, Shape{2, 3}, Shape{2, 2, 2}, Shape{0}}) {
    const Tensor ids = random_ids(shape, 2, 7);
    Tape tape(DType::f64);
    const TensorView y = embedding(tape.input(table), tape.input(ids)).value();
    REQUIRE(y.shape == shape.inserted(shape.rank(), 3));
    for (Index n = 0; n < ids.size(); ++n) {
      for (Index j = 0; j < 3; ++j) {
        CHECK(y.at(n * 3 + j) == table.at(static_cast<Index>(ids.at(n)) * 3 + j));
      }
    }
  }
}

TEST_CASE("index: scatter_rows adds up where ids repeat") {
  Tape tape(DType::f64);
  const Var rows = tape.input(Tensor::of<double>({4, 2}, {1, 2, 3, 4, 5, 6, 7, 8}));
  const Var y = scatter_rows(tape.input(ids_of({4}, {2, 0, 2, 2})), rows, 4);
  CHECK(y.shape() == Shape{4, 2});
  CHECK(y.value().to_doubles() == Numbers{3, 4, 0, 0, 13, 16, 0, 0});
}

TEST_CASE("index: pick and unpick are each other's transpose") {
  Tape tape(DType::f64);
  const Var ids = tape.input(ids_of({2}, {2, 0}));
  const Var x = tape.input(Tensor::of<double>({2, 3}, {1, 2, 3, 4, 5, 6}));
  CHECK(pick(x, ids).value().to_doubles() == Numbers{3, 4});
  const Var y = tape.input(Tensor::of<double>({2}, {7, 8}));
  CHECK(unpick(y, ids, 3).value().to_doubles() == Numbers{0, 0, 7, 8, 0, 0});
  CHECK(sum(pick(x, ids) * y).item() == sum(x * unpick(y, ids, 3)).item());
}

TEST_CASE("index: an id out of range is named with its position and the range") {
  Tape tape(DType::f64);
  const auto ids = [&](std::int32_t bad) { return tape.input(ids_of({3}, {0, 1, bad})); };
  const Var table = tape.input(Tensor(DType::f64, {3, 3}));
  const Var three = tape.input(Tensor(DType::f64, {3}));
  const auto refused = [](Var y, const char* text) {
    CHECK_THROWS_WITH_AS((void)y.value(), text, ValueError);
  };
  refused(embedding(table, ids(-1)), "embedding: id -1 at position 2: expected one in [0, 3)");
  refused(pick(table, ids(3)), "pick: id 3 at position 2: expected one in [0, 3)");
  refused(unpick(three, ids(9), 4), "unpick: id 9 at position 2: expected one in [0, 4)");
  refused(scatter_rows(ids(4), table, 4),
          "scatter_rows: id 4 at position 2: expected one in [0, 4)");
  refused(embedding(table, tape.input(ids_of({1}, {std::numeric_limits<std::int32_t>::min()}))),
          "embedding: id -2147483648 at position 0: expected one in [0, 3)");
  // Nothing can be looked up in an empty table, and nothing is.
  const Var empty = tape.input(Tensor(DType::f64, {0, 3}));
  CHECK(embedding(empty, tape.input(ids_of({0}, {}))).value().shape == Shape{0, 3});
  refused(embedding(empty, ids(0)), "embedding: id 0 at position 0: expected one in [0, 0)");
}

TEST_CASE("index: ranks that do not fit are refused at the call") {
  Tape tape(DType::f64);
  const Var deep = tape.input(Tensor(DType::f64, {2, 2, 2, 2, 2, 2}));
  const Var ids = tape.input(ids_of({1, 1}, {0}));
  CHECK_THROWS_WITH_AS((void)embedding(deep, ids),
                       "embedding: ids (1 x 1) into (2 x 2 x 2 x 2 x 2 x 2) give 7 dimensions: at "
                       "most 6 are supported",
                       ShapeError);
  CHECK_THROWS_WITH_AS((void)pick(tape.input(Tensor(DType::f64, {})), ids),
                       "pick: x () and ids (1 x 1): one id is needed for each row of x",
                       ShapeError);
}

/// The gradient of sum(weights * rows of a table) as a dense tensor, computed by a loop.
Numbers naive_gradient(const Tensor& ids, const Tensor& weights, Index rows, Index width) {
  Numbers gradient(static_cast<std::size_t>(rows * width));
  for (Index n = 0; n < ids.size(); ++n) {
    for (Index j = 0; j < width; ++j) {
      gradient[static_cast<std::size_t>(static_cast<Index>(ids.at(n)) * width + j)] +=
          weights.at(n * width + j);
    }
  }
  return gradient;
}

TEST_CASE("index: the gradient of a table is row-sparse and adds up repeated ids") {
  const Parameters p(DType::f64, 1);
  const Parameter table = p.add("table", {50, 3}, uniform(1));
  const Parameter other = p.add("other", {4}, uniform(1));
  const Tensor ids = ids_of({2, 3}, {7, 49, 7, 0, 7, 49});
  const Tensor weights = random_tensor({2, 3, 3}, 2);
  Tape tape(DType::f64);
  const Var y = embedding(tape.parameter(table), tape.input(ids));
  const Gradients gradients =
      tape.gradients(sum(y * tape.input(weights)) + sum(tape.parameter(other)), p);
  CHECK(gradients.is_row_sparse(table));
  CHECK_FALSE(gradients.is_row_sparse(other));
  const auto rows = gradients.touched_rows(table);
  CHECK(std::vector<std::int32_t>(rows.begin(), rows.end()) == std::vector<std::int32_t>{0, 7, 49});
  CHECK(difference(gradients[table].to_doubles(), naive_gradient(ids, weights, 50, 3)) < 1e-15);
}

TEST_CASE("index: several lookups into one table stay row-sparse, also at several ranks") {
  const Parameters p(DType::f64, 1);
  const Parameter table = p.add("table", {9, 2}, uniform(1));
  const std::vector<Tensor> ids{ids_of({3}, {1, 4, 1}), ids_of({2, 2}, {4, 4, 8, 1}),
                                ids_of({}, {3})};
  Tape tape(DType::f64);
  Var loss = full(tape, {}, 0);
  Numbers wanted(18);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const Shape shape = ids[i].shape().inserted(ids[i].shape().rank(), 2);
    const Tensor weights = random_tensor(shape, 5 + i);
    loss = loss + sum(embedding(tape.parameter(table), tape.input(ids[i])) * tape.input(weights));
    const Numbers part = naive_gradient(ids[i], weights, 9, 2);
    std::transform(part.begin(), part.end(), wanted.begin(), wanted.begin(), std::plus<>());
  }
  const Gradients gradients = tape.gradients(loss, p);
  CHECK(gradients.is_row_sparse(table));
  CHECK(std::ssize(gradients.touched_rows(table)) == 4);
  CHECK(difference(gradients[table].to_doubles(), wanted) < 1e-15);
}

TEST_CASE("index: a table used in another way, too, has a dense gradient") {
  const Parameters p(DType::f64, 1);
  const Parameter table = p.add("table", {5, 2}, uniform(1));
  const auto f = [&](Tape& tape) {
    const Var W = tape.parameter(table);
    return sum(square(embedding(W, tape.input(ids_of({3}, {1, 4, 1})))), 0) + sum(tanh(W), 0);
  };
  CHECK(check_gradients(f, p).passed);
  Tape tape(DType::f64);
  CHECK_FALSE(tape.gradients(f(tape), p).is_row_sparse(table));
}

}  // namespace
}  // namespace unroll::testing
