// Shapes and how they broadcast.
#include <unroll/core/error.h>
#include <unroll/core/shape.h>

#include <doctest/doctest.h>

#include <vector>

using namespace unroll;

TEST_CASE("shape: a shape knows its rank, its size and its text") {
  CHECK(Shape{}.rank() == 0);
  CHECK(Shape{}.size() == 1);
  CHECK(Shape{}.to_string() == "()");
  const Shape shape{2, 3, 4, 5};
  CHECK(shape.rank() == 4);
  CHECK(shape.size() == 120);
  CHECK(shape.size(1, 3) == 12);
  CHECK(shape.size(2, 2) == 1);
  CHECK(shape[0] == 2);
  CHECK(shape[3] == 5);
  CHECK(shape.to_string() == "(2 x 3 x 4 x 5)");
  CHECK(Shape{7, 0}.size() == 0);
  CHECK(Shape{7}.to_string() == "(7)");
}

TEST_CASE("shape: equality sees rank and every dimension") {
  CHECK(Shape{} != Shape{1});
  CHECK(Shape{1} != Shape{1, 1});
  CHECK(Shape{} != Shape{0});
  CHECK(Shape{2, 3} != Shape{3, 2});
  CHECK(Shape{2, 3} == Shape(std::vector<Index>{2, 3}));
}

TEST_CASE("shape: negative sizes and too many axes are refused") {
  CHECK_THROWS_WITH_AS((Shape{1, 2, 3, 4, 5, 6, 7}),
                       "a shape of 7 dimensions: at most 6 are supported", ShapeError);
  CHECK_THROWS_WITH_AS((Shape{2, -1, 3}), "a shape with a negative dimension: (2 x -1 x 3)",
                       ShapeError);
  CHECK_THROWS_WITH_AS(
      (void)(Shape{1, 2, 3, 4, 5, 6}.inserted(0, 1)),
      "(1 x 2 x 3 x 4 x 5 x 6) cannot get one more dimension: at most 6 are supported", ShapeError);
}

TEST_CASE("shape: a dimension can be replaced, removed and inserted") {
  const Shape shape{2, 3, 4};
  CHECK(shape.with(1, 9) == Shape{2, 9, 4});
  CHECK(shape.without(0) == Shape{3, 4});
  CHECK(shape.without(1) == Shape{2, 4});
  CHECK(shape.without(2) == Shape{2, 3});
  CHECK(Shape{5}.without(0) == Shape{});
  CHECK(Shape{2, 3, 4, 5}.without(3) == Shape{2, 3, 4});
  CHECK(shape.inserted(0, 7) == Shape{7, 2, 3, 4});
  CHECK(shape.inserted(1, 7) == Shape{2, 7, 3, 4});
  CHECK(shape.inserted(3, 7) == Shape{2, 3, 4, 7});
  CHECK(Shape{}.inserted(0, 7) == Shape{7});
  for (int axis = 0; axis <= 3; ++axis) CHECK(shape.inserted(axis, 7).without(axis) == shape);
}

TEST_CASE("shape: broadcasting is NumPy's rule, and symmetric") {
  struct Case {
    Shape a;
    Shape b;
    std::optional<Shape> result;
  };
  const std::vector<Case> cases = {
      {{3, 4}, {3, 4}, Shape{3, 4}},
      {{3, 4}, {4}, Shape{3, 4}},
      {{3, 4}, {}, Shape{3, 4}},
      {{3, 1}, {1, 4}, Shape{3, 4}},
      {{2, 1, 4}, {3, 1}, Shape{2, 3, 4}},
      {{}, {}, Shape{}},
      {{0, 4}, {1, 4}, Shape{0, 4}},
      {{0}, {1}, Shape{0}},
      {{5, 1, 1, 2}, {6, 1}, Shape{5, 1, 6, 2}},
      {{3, 4}, {3}, std::nullopt},
      {{3, 4}, {4, 3}, std::nullopt},
      {{0}, {2}, std::nullopt},
      {{2, 3, 4}, {2, 1, 1, 1}, Shape{2, 2, 3, 4}},
      {{2, 3, 4}, {3, 3, 4}, std::nullopt},
  };
  for (const Case& c : cases) {
    CAPTURE(c.a.to_string());
    CAPTURE(c.b.to_string());
    CHECK(broadcast(c.a, c.b) == c.result);
    CHECK(broadcast(c.b, c.a) == c.result);
  }
}
