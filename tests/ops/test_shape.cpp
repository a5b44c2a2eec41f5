// Operations that arrange elements: each against the positions its definition names.
#include "support.h"

#include <unroll/core/plan/schedule.h>

#include <functional>
#include <map>

namespace unroll::testing {
namespace {

/// The numbers 0, 1, 2, ... in a shape.
Tensor counting(const Shape& shape, DType dtype) {
  Tensor tensor(DType::i32, shape);
  std::int32_t next = 0;
  for (std::int32_t& value : tensor.values<std::int32_t>()) value = next++;
  return tensor.to(dtype);
}

/// Runs a check for values of every type.
void for_each_type(const std::function<void(Tape&, DType)>& check) {
  for (const DType dtype : {DType::f32, DType::f64, DType::i32}) {
    Tape tape(dtype == DType::i32 ? DType::f32 : dtype);
    check(tape, dtype);
  }
}

using Numbers = std::vector<double>;

TEST_CASE("shape: reshape keeps the order, select and rows take parts") {
  for_each_type([](Tape& tape, DType dtype) {
    const Var x = tape.input(counting({3, 2, 2}, dtype));
    CHECK(reshape(x, {4, 3}).value().shape == Shape{4, 3});
    CHECK(reshape(x, {4, 3}).value().to_doubles() == x.value().to_doubles());
    CHECK(reshape(x, {3, 2, 2}) == x);
    CHECK(select(x, 1).shape() == Shape{2, 2});
    CHECK(select(x, 1).value().to_doubles() == Numbers{4, 5, 6, 7});
    CHECK(rows(x, 1, 3).value().to_doubles() == Numbers{4, 5, 6, 7, 8, 9, 10, 11});
    CHECK(rows(select(x, 2), 1, 2).value().to_doubles() == Numbers{10, 11});
    CHECK(rows(x, 2, 2).value().shape == Shape{0, 2, 2});
    CHECK(x.value().dtype == dtype);
    CHECK(select(x, 1).dtype() == dtype);
  });
}

TEST_CASE("shape: views cost no memory") {
  Tape tape;
  const Var x = tape.input(counting({5, 3}, DType::f32));
  CHECK(reshape(x, {15}).value().data == x.value().data);
  CHECK(select(x, 2).value().data == x.value().data + 6 * sizeof(float));
  CHECK(rows(x, 1, 4).value().data == x.value().data + 3 * sizeof(float));
  CHECK(slice(x, 0, 1, 4).value().data == x.value().data + 3 * sizeof(float));
  CHECK(stop_gradient(x).value().data == x.value().data);
}

TEST_CASE("shape: transpose exchanges any two axes") {
  const Shape shape{2, 3, 4, 5};
  for_each_type([&](Tape& tape, DType dtype) {
    const Tensor x = counting(shape, dtype);
    const Var v = tape.input(x);
    for (int a = 0; a < 4; ++a) {
      for (int b = 0; b < 4; ++b) {
        const TensorView y = transpose(v, a, b).value();
        REQUIRE(y.shape == shape.with(a, shape[b]).with(b, shape[a]));
        bool same = true;
        for (Index i = 0; i < x.size(); ++i) {
          std::array<Index, 4> at{};
          for (int axis = 3, rest = static_cast<int>(i); axis >= 0; --axis) {
            at[static_cast<std::size_t>(axis)] = rest % shape[axis];
            rest /= static_cast<int>(shape[axis]);
          }
          std::swap(at[static_cast<std::size_t>(a)], at[static_cast<std::size_t>(b)]);
          Index position = 0;
          for (int axis = 0; axis < 4; ++axis) {
            position = position * y.shape[axis] + at[static_cast<std::size_t>(axis)];
          }
          same = same && y.at(position) == x.at(i);
        }
        CHECK(same);
        CHECK(same_bits(transpose(v, a - 4, b).value(), y));
      }
    }
  });
}

TEST_CASE("shape: slice and concat undo each other along every axis") {
  for_each_type([](Tape& tape, DType dtype) {
    const Var x = tape.input(counting({4, 6, 2, 3}, dtype));
    for (Index axis = -4; axis < 4; ++axis) {
      const Index size = x.shape()[static_cast<int>(axis < 0 ? axis + 4 : axis)];
      for (Index cut = 0; cut <= size; ++cut) {
        const std::array<Var, 2> parts{slice(x, axis, 0, cut), slice(x, axis, cut, size)};
        CHECK(same_bits(concat(parts, axis).value(), x.value()));
      }
      CHECK(same_bits(concat(split(x, size, axis), axis).value(), x.value()));
      CHECK(std::ssize(split(x, 1, axis)) == 1);
    }
    const Var part = slice(x, 1, 2, 4);
    CHECK(part.shape() == Shape{4, 2, 2, 3});
    CHECK(part.value().at(0) == 12);
    CHECK(part.value().at(12) == 48);
    CHECK(part.dtype() == dtype);
  });
}

TEST_CASE("shape: stack and unstack undo each other") {
  for_each_type([](Tape& tape, DType dtype) {
    const Var x = tape.input(counting({4, 3, 2}, dtype));
    const std::vector<Var> steps = unstack(x);
    CHECK(steps.size() == 4);
    CHECK(steps[2].value().to_doubles() == Numbers{12, 13, 14, 15, 16, 17});
    CHECK(same_bits(stack(steps).value(), x.value()));
    CHECK(stack(steps).dtype() == dtype);
    const std::vector<Var> scalars = unstack(select(select(x, 1), 2));
    CHECK(stack(scalars).value().to_doubles() == Numbers{10, 11});
  });
}

TEST_CASE("shape: stacking costs in proportion to the steps, forward and backward") {
  const auto nodes = [](Index steps) {
    Tape tape;
    const std::vector<Var> x{tape.input(Tensor(DType::f32, {steps, 3}))};
    const Var y = stack(unstack(x[0]));
    (void)tape.gradients(y, x);
    return tape.node_count();
  };
  CHECK(nodes(40) - nodes(30) == nodes(20) - nodes(10));
  // The gradient of a whole sequence from its steps is joined, not a sum of padded steps.
  Tape tape;
  const std::vector<Var> x{tape.input(Tensor(DType::f32, {50, 3}))};
  Var last = select(x[0], 0);
  for (Index t = 1; t < 50; ++t) last = tanh(last * select(x[0], t));
  const Var dx = tape.gradients(last, x)[0];
  CHECK(tape.graph().nodes[dx.index()].op->name == "concat");
}

TEST_CASE("shape: gradients of overlapping and of missing pieces") {
  const auto check = [](Var (*f)(Var)) {
    return check_gradients([f](Tape&, std::span<const Var> v) { return f(v[0]); },
                           {random_tensor({6, 2}, 1)});
  };
  const auto product = [](Var x, Index a, Index b) {
    return square(rows(x, a, a + 2)) * rows(x, b, b + 2);
  };
  static const auto kProduct = product;
  CHECK(check([](Var x) { return kProduct(x, 0, 4); }).passed);  // a hole between
  CHECK(check([](Var x) { return kProduct(x, 1, 2); }).passed);  // overlapping
  CHECK(check([](Var x) { return kProduct(x, 3, 3); }).passed);  // the same twice
  CHECK(check([](Var x) { return sum(rows(x, 2, 2)) + sum(rows(x, 2, 3)); }).passed);  // one empty
  CHECK(check([](Var x) { return select(x, 5) * select(x, 5) * sum(rows(x, 0, 3), 0); }).passed);
  CHECK(check([](Var x) {
          return sum(slice(x, 1, 0, 1)) * square(select(x, 1));
        }).passed);  // two axes
  CHECK(check([](Var x) { return sum(x) * square(select(x, 0)) * rows(x, 4, 6); }).passed);
}

TEST_CASE("shape: gradients of pieces that overlap are added up where they do") {
  using Ranges = std::vector<std::pair<Index, Index>>;
  const auto sliced = [](Var x, const Ranges& ranges, bool whole) {
    std::vector<Var> terms;
    for (const auto& [begin, end] : ranges) terms.push_back(sum(square(slice(x, 1, begin, end))));
    if (whole) terms.push_back(sum(sigmoid(x)));
    return add_up(terms);
  };
  // What is left of the gradient when the pieces have been taken out of their zeros.
  const auto counts = [&](Index size, const Ranges& ranges, bool whole) {
    Tape tape(DType::f64);
    const std::vector<Var> x{tape.input(counting({2, size}, DType::f64))};
    const Var dx = tape.gradients(sliced(x[0], ranges, whole), x)[0];
    std::vector<std::uint8_t> marks;
    std::vector<std::uint32_t> schedule;
    const std::uint32_t target = dx.index();
    make_schedule(tape.graph(), {&target, 1}, marks, schedule);
    std::map<std::string_view, int> counts;
    for (const std::uint32_t node : schedule) ++counts[tape.graph().nodes[node].op->name];
    return counts;
  };
  const Ranges nested{{0, 8}, {2, 8}, {4, 8}, {6, 8}, {0, 2}};
  const Ranges many = [] {  // each overlaps with a hundred: not cut
    Ranges ranges;
    for (Index i = 0; i < 100; ++i) ranges.emplace_back(i, 100 + i);
    return ranges;
  }();
  for (const bool whole : {false, true}) {
    for (const Ranges& ranges : {nested, Ranges{{0, 3}, {2, 5}}, Ranges{{1, 4}, {2, 7}, {5, 6}},
                                 Ranges{{3, 3}, {0, 8}, {3, 5}}}) {
      CHECK(check_gradients(
                [&](Tape&, std::span<const Var> v) { return sliced(v[0], ranges, whole); },
                {random_tensor({3, 8}, 1)})
                .passed);
      CHECK(counts(8, ranges, whole)["place"] == 0);
    }
    CHECK(counts(8, nested, whole)["full"] == 1);  // of the loss
    CHECK(counts(8, nested, whole)["concat"] == 1);
    CHECK(counts(200, many, whole)["slice"] == 100);
    CHECK(counts(200, many, whole)["add_up"] == 1);
  }
  CHECK(counts(8, {{0, 8}, {0, 4}, {4, 8}}, true)["add_up"] == 2);  // no third for the whole
  // A long chain of pieces that overlap costs what its pieces do.
  const auto nodes = [&](Index count) {
    Ranges ranges;
    for (Index i = 0; i < count; ++i) ranges.emplace_back(i, i + 2);
    int nodes = 0;
    for (const auto& [name, number] : counts(count + 1, ranges, false)) nodes += number;
    return nodes;
  };
  CHECK(nodes(40) - nodes(30) == nodes(20) - nodes(10));
}

TEST_CASE("shape: place puts, full fills, broadcast_to repeats, add_up adds") {
  Tape tape(DType::f64);
  const Var x = tape.input(counting({2, 2}, DType::f64));
  CHECK(place(x, 0, 1, 4).value().to_doubles() == Numbers{0, 0, 0, 1, 2, 3, 0, 0});
  CHECK(place(x, 1, 1, 3).value().to_doubles() == Numbers{0, 0, 1, 0, 2, 3});
  CHECK(full(tape, {2, 2}, -0.5).value().to_doubles() == Numbers{-0.5, -0.5, -0.5, -0.5});
  CHECK(broadcast_to(select(x, 1), {2, 2}).value().to_doubles() == Numbers{2, 3, 2, 3});
  CHECK(broadcast_to(slice(x, 1, 1, 2), {2, 2}).value().to_doubles() == Numbers{1, 1, 3, 3});
  CHECK(broadcast_to(x, {2, 2}) == x);
  const std::array<Var, 3> terms{x, x, full(tape, {2, 2}, 1)};
  CHECK(add_up(terms).value().to_doubles() == Numbers{1, 3, 5, 7});
}

TEST_CASE("shape: impossible axes, sizes and pieces are refused") {
  Tape tape;
  const Var x = tape.input(Tensor(DType::f32, {3, 4}));
  const Var scalar = tape.input(Tensor(DType::f32, {}));
  const auto nothing = std::span<const Var>{};
  CHECK_THROWS_WITH_AS((void)unstack(scalar), "unstack: a scalar has no first axis", ShapeError);
  CHECK_THROWS_WITH_AS((void)stack(nothing), "stack: no steps to join", ShapeError);
  CHECK_THROWS_WITH_AS((void)concat(nothing, 0), "concat: nothing to join", ShapeError);
  CHECK_THROWS_WITH_AS((void)add_up(nothing), "add_up: nothing to add", ShapeError);
  CHECK_THROWS_WITH_AS((void)split(x, 3, 1),
                       "split: axis 1 of (3 x 4) cannot be split into 3 equal parts", ShapeError);
  CHECK_THROWS_WITH_AS((void)split(x, 1, 2),
                       "split: axis 2 of (3 x 4) cannot be split into 1 equal parts", ShapeError);
  CHECK_THROWS_WITH_AS((void)split(x, 0, 0),
                       "split: axis 0 of (3 x 4) cannot be split into 0 equal parts", ShapeError);
  CHECK_THROWS_WITH_AS((void)transpose(x, 0, 2),
                       "transpose: axis 2 of (3 x 4), which has 2 dimensions", ShapeError);
  CHECK_THROWS_WITH_AS((void)concat(std::array{x, x}, -3),
                       "concat: axis -3 of (3 x 4), which has 2 dimensions", ShapeError);
  const Var deep = tape.input(Tensor(DType::f32, {1, 1, 1, 1, 1, 1}));
  CHECK_THROWS_WITH_AS((void)stack(std::array{deep, deep}),
                       "(1 x 1 x 1 x 1 x 1 x 1) cannot get one more dimension: at most 6 are "
                       "supported",
                       ShapeError);
}

TEST_CASE("shape: stop_gradient stops the gradient and nothing else") {
  Tape tape(DType::f64);
  const std::vector<Var> x{tape.input(Tensor::of<double>({2}, {2, 3}))};
  const Var y = x[0] * stop_gradient(x[0]);
  CHECK(y.value().to_doubles() == Numbers{4, 9});
  CHECK(tape.gradients(y, x)[0].value().to_doubles() == Numbers{2, 3});
}

}  // namespace
}  // namespace unroll::testing
