// Element-wise operations and their sums as sweeps: what is in one, what reaches memory, and that
// values stay.
#include "core/plan/planned.h"

#include <cmath>

namespace unroll::testing {
namespace {

TEST_CASE("fuse: element-wise operations are one sweep") {
  const Program program = [](Tape& tape) {
    const Var x = leaf(tape, {3, 4}, 1);
    const Var row = leaf(tape, {4}, 2);
    const Var column = leaf(tape, {3, 1}, 3);
    const Var one = leaf(tape, {}, 4);
    const Var y = tanh(x * row + column) * one;
    return std::vector{y, where(greater(x, 0), sigmoid(y), add_up(std::vector{x, y, x, y}))};
  };
  const Plan plan = checked_plan(program, {});
  CHECK(counts_of(plan) == Counts{0, 1, 0, 0});
  CHECK(plan.steps[0].covers == plan.request.work.size());
  const Plan apart = checked_plan(program, without(&Passes::fuse));
  CHECK(counts_of(apart).sweeps == apart.request.work.size());
}

TEST_CASE("fuse: values inside a sweep are not stored, and are computed when asked for") {
  Tape tape(DType::f64);
  tape.set_passes({});
  const Var x = leaf(tape, {3, 4}, 1);
  const Var y = tanh(x);
  const Var z = (y + 1) * y;
  (void)z.value();
  CHECK(tape.graph().nodes[y.index()].value == nullptr);
  for (Index i = 0; i < x.shape().size(); ++i) {
    CHECK(y.value().at(i) == doctest::Approx(std::tanh(x.value().at(i))));
  }
}

TEST_CASE("fuse: long rows and many rows are swept in parts") {
  for (const Shape& shape : {Shape{3, 1300}, Shape{700, 3}, Shape{1, 512}, Shape{2, 513}}) {
    CHECK(planned_difference([&](Tape& tape) {
            const Var x = leaf(tape, shape, 1);
            const Var row = leaf(tape, {shape[1]}, 2);
            const Var column = leaf(tape, {shape[0], 1}, 3);
            const Var y = tanh(x * row + column);
            return std::vector{y, sigmoid(y) * x - row};
          }) < kClose);
  }
}

TEST_CASE("fuse: operands broadcast along rows, as in an outer product, are part of a sweep") {
  for (const Index n : {1, 2, 5, 300}) {
    for (const Index d : {3, 7, 600}) {
      const Program program = [&](Tape& tape) {
        const Var C = leaf(tape, {n, 3, d}, 1);
        const Var v = leaf(tape, {n, 3, 1}, 2);
        const Var k = leaf(tape, {n, 1, d}, 3);
        const Var f = leaf(tape, {n, 1, 1}, 4);
        return std::vector{C * f + v * k};
      };
      CHECK(counts_of(checked_plan(program, {})) == Counts{0, 1, 0, 0});
    }
  }
  const Program other = [](Tape& tape) {  // (2 x 1 x 3 x 4) repeats three rows, not each of them
    return std::vector{leaf(tape, {2, 5, 3, 4}, 1) * leaf(tape, {2, 1, 3, 4}, 2)};
  };
  CHECK(counts_of(checked_plan(other, {})) == Counts{0, 0, 1, 0});
}

TEST_CASE("fuse: sums are taken by the sweep that computes their terms") {
  const Program program = [](Tape& tape) {
    const Var x = leaf(tape, {6, 7}, 1);
    const Var scale = sum(square(tanh(x)), -1, true);
    return std::vector{x / scale};
  };
  const Plan plan = checked_plan(program, {});
  CHECK(counts_of(plan) == Counts{0, 2, 0, 0});
  const auto sweeps = steps_of<FusedStep>(plan);
  CHECK(sweeps[0]->sums.size() == 1);
  CHECK(sweeps[0]->results.empty());  // the squares never reach memory
  CHECK(plan.steps[0].covers == 3);
  CHECK(counts_of(checked_plan(program, without(&Passes::fuse))).kernels == 1);
  // A sweep with few and long sums would keep few threads busy.
  const Program few = [](Tape& tape) {
    return std::vector{sum(square(leaf(tape, {3, 2000}, 1)), 1)};
  };
  CHECK(counts_of(checked_plan(few)) == Counts{0, 1, 1, 0});
}

TEST_CASE("fuse: sums that are due together read common values once") {
  const Program program = [](Tape& tape) {
    const Var C = leaf(tape, {5, 6, 7}, 1);
    const Var q = leaf(tape, {5, 1, 7}, 2);
    const Var dh = leaf(tape, {5, 6, 1}, 3);
    return std::vector{sum(C * q, -1, true) * sum(C * dh, 1, true) + sum(C * C, 2, true)};
  };
  const Plan plan = checked_plan(program, {});
  const auto sweeps = steps_of<FusedStep>(plan);
  CHECK(counts_of(plan) == Counts{0, 2, 0, 0});
  CHECK(sweeps[0]->sums.size() == 3);
  CHECK(sweeps[0]->results.empty());
}

void check_any_number_of_threads(const Program& program) {
  std::vector<Tensor> first;
  for (const int count : {1, 2, 3, 7}) {
    const WithThreads scope(count);
    const std::vector<Tensor> values = values_with({}, program);
    if (first.empty()) first = values;
    for (std::size_t i = 0; i < values.size(); ++i) CHECK(same_bits(values[i], first[i]));
  }
}

TEST_CASE("fuse: sums of long and of many rows have the same bits on any number of threads") {
  for (const Shape& shape : {Shape{6, 1, 7}, Shape{17, 2, 1300}, Shape{18, 301, 3}, Shape{4, 9, 65},
                             Shape{4, 6, 7}, Shape{16, 1, 513}}) {
    const Program program = [&](Tape& tape) {
      const Var x = leaf(tape, shape, 1);
      const Var y = tanh(x * leaf(tape, shape, 2));
      const Var wide = sum(x * y, -1, true);
      const Var high = sum(y * y, -2, true);
      const Var other = reshape(y, {shape[0] * shape[1] / 2, 2, shape[2]});  // other rows together
      return std::vector{wide, high, sum(y * wide, -2), sum(y - high, -1), sum(other + 1, 1), y};
    };
    CHECK(planned_difference(program) < 100 * kClose);
    check_any_number_of_threads(program);
  }
}

/// Sums over the steps of a sequence, and of their rows, of what nothing else reads; with
/// `rows_too` also of each row of that, wanted later.
Program sums_over_steps(const Shape& shape, bool rows_too) {
  return [=](Tape& tape) {
    std::vector<Var> y;
    std::vector<Var> first;
    std::vector<Var> second;
    for (std::uint64_t t = 0; t < 4; ++t) {
      const Var g = leaf(tape, shape, t);
      y.push_back(tanh(leaf(tape, shape, t + 10)));
      first.push_back(sum(g * y.back(), 0));
      second.push_back(sum(square(g - y.back()), 0));
    }
    std::vector<Var> results{sum(add_up(first) * add_up(second))};
    if (!rows_too) return results;
    for (const Var& step : y) results.push_back(sum(step, -1) * 2);
    results.push_back(add_up(std::array{results[0], sum(results[1]), sum(results[4])}));
    return results;
  };
}

TEST_CASE("fuse: sums over all steps are taken by the sweeps that compute their terms") {
  const Plan plan = checked_plan(sums_over_steps({5, 7}, false));
  const auto sweeps = steps_of<FusedStep>(plan);
  CHECK(steps_of<ProductStep>(plan).empty());
  const auto* const both = *std::ranges::max_element(sweeps, {}, [](auto* s) { return s->rows; });
  CHECK(both->instructions.size() == 4 * 4);  // tanh, mul, sub, square
  CHECK(both->operands.size() == 4 * 2);      // each is read once
  CHECK(both->sums.size() == 4 * 2);
  CHECK(std::ranges::count_if(both->sums, [](auto& sum) { return !sum.adds; }) == 2);
  CHECK(both->results.empty());
}

TEST_CASE("fuse: the terms of a sum over all steps may come from several sweeps") {
  const Program program = [](Tape& tape) {
    const Var u = tanh(leaf(tape, {4, 6}, 1));
    const Var later = leaf(tape, {4, 6}, 2) * rows(u, 0, 1);  // wants another sweep before it
    const Var sooner = tanh(leaf(tape, {4, 6}, 3));
    return std::vector{add_up(std::array{sum(later, 0), sum(sooner, 0)})};
  };
  const Plan plan = checked_plan(program);
  CHECK(steps_of<ProductStep>(plan).empty());
  CHECK(steps_of<FusedStep>(plan).size() == 2);
}

TEST_CASE("fuse: sums over all steps have the same bits on any number of threads") {
  for (const Shape& shape :
       {Shape{1, 3}, Shape{17, 60}, Shape{7, 130}, Shape{33, 513}, Shape{6, 1300}, Shape{17, 64},
        Shape{33, 65}}) {  // the last two have too few columns to share
    for (const bool rows_too : {false, true}) {
      const Program program = sums_over_steps(shape, rows_too);
      CHECK(planned_difference(program) < 100 * kClose);
      check_any_number_of_threads(program);
    }
  }
}

TEST_CASE("fuse: the gradient of a broadcast operand is a sum taken in the sweep") {
  const Parameters parameters(DType::f64, 5);
  const Parameter wide = parameters.add("wide", {5, 1, 7}, uniform(1));
  const Parameter high = parameters.add("high", {5, 3, 1}, uniform(1));
  std::vector<Tensor> flats;
  for (const Passes& passes : {Passes{}, Passes::none()}) {
    Tape tape(DType::f64);
    tape.set_passes(passes);
    const Var x = tanh(leaf(tape, {5, 3, 7}, 1) * tape.parameter(wide) + tape.parameter(high));
    const Gradients gradients = tape.gradients(sum(square(x)), parameters);
    flats.emplace_back(gradients.flat());
  }
  CHECK(difference(flats[0], flats[1]) < kClose);
}

TEST_CASE("fuse: a value that only its sums used can be asked for after its parameter changed") {
  const Parameters parameters(DType::f64, 5);
  const Parameter p = parameters.add("p", {6, 7}, uniform(1));
  Tape tape(DType::f64);
  tape.set_passes({});
  const Var squares = square(tape.parameter(p));
  const Var sums = sum(squares, -1);
  (void)(sums * sums + sums).value();
  CHECK(tape.graph().nodes[squares.index()].value == nullptr);
  const double before = p.value().to_doubles()[0];
  p.set(random_tensor({6, 7}, 9, -1, 1));
  CHECK(squares.value().at(0) == doctest::Approx(before * before));
}

TEST_CASE("fuse: sums in f32 are as exact as their kernel's") {
  const auto value = [](const Passes& passes) {
    Tape tape(DType::f32);
    tape.set_passes(passes);
    const Var x = tape.input(random_tensor({20, 700}, 1, -1, 1).to(DType::f32));
    const Var y = tanh(x) + 1;
    return Tensor((sum(y, -1, true) * y).value());
  };
  CHECK(difference(value({}), value(Passes::none())) < 2e-3);  // of values up to 1500
}

TEST_CASE("fuse: a long sweep uses few tiles at a time") {
  const Program program = [](Tape& tape) {
    Var y = leaf(tape, {6, 7}, 1);
    for (std::uint64_t i = 2; i < 40; ++i) {
      const Var column = leaf(tape, {6, 1}, i);
      y = y * column + tanh(y);
    }
    return std::vector{y};
  };
  const Plan plan = checked_plan(program, {});
  const auto sweeps = steps_of<FusedStep>(plan);
  REQUIRE(sweeps.size() == 1);
  CHECK(sweeps[0]->operands.size() == 39);
  CHECK(sweeps[0]->slots <= 6);
}

TEST_CASE("fuse: copies of existing values do not split a sweep") {
  const Gates gates(3, 4);
  const Program program = [&](Tape& tape) {
    Var C = leaf(tape, {5, 3, 3}, 1);
    for (std::uint64_t t = 2; t < 5; ++t) {
      const std::vector<Var> y = gates.of(leaf(tape, {5, 4}, t));
      C = tanh(C) + reshape(y[0], {5, 3, 1}) * reshape(y[1], {5, 1, 3});
    }
    return std::vector{C};
  };
  const Counts counts = counts_of(checked_plan(program, {}));
  CHECK(counts.sweeps == 1);
  CHECK(counts.copies > 0);  // y[0] and y[1] lie beside each other
}

TEST_CASE("fuse: broadcasts along the first axes and sums along them are part of sweeps") {
  for (const Index columns : {16, 300}) {
    const Program program = [&](Tape& tape) {
      const Var h = tanh(leaf(tape, {6, 5, columns}, 1));
      const Var a = tanh(leaf(tape, {5, columns}, 2));  // for each of the first axis
      const Var b = tanh(leaf(tape, {5, 1}, 3));        // and for all columns
      const Var y = h * a + b * sigmoid(h);
      return std::vector{y, sum(y * h, 0), exp(0.1 * sum(y, 0)) + a};
    };
    const Plan plan = checked_plan(program);
    CHECK(counts_of(plan).kernels == 0);
    const auto sweeps = steps_of<FusedStep>(plan);
    CHECK(std::ranges::any_of(sweeps, [](const FusedStep* s) { return !s->sums.empty(); }));
    std::vector<Tensor> first;
    for (const int count : {1, 2, 3}) {
      const WithThreads scope(count);
      const std::vector<Tensor> values = values_with({}, program);
      if (first.empty()) first = values;
      for (std::size_t i = 0; i < values.size(); ++i) CHECK(same_bits(values[i], first[i]));
    }
  }
}

TEST_CASE("fuse: a sum along an axis between others is left to its kernel") {
  const Program program = [](Tape& tape) {
    return std::vector{sum(tanh(leaf(tape, {3, 4, 2, 5}, 1)), 1)};
  };
  CHECK(counts_of(checked_plan(program)).kernels == 1);
}

TEST_CASE("fuse: sums over groups of two and of three rows in one sweep, on several threads") {
  const Program program = [](Tape& tape) {
    const Var x = tanh(leaf(tape, {18, 40}, 1));
    const Var twos = sum(reshape(x, {9, 2, 40}) * 2, 1);
    const Var threes = sum(reshape(x, {6, 3, 40}) * 3, 1);
    return std::vector{twos, threes, sum(twos) * sum(threes)};
  };
  CHECK(planned_difference(program) < kClose);
  check_any_number_of_threads(program);
}

TEST_CASE("fuse: values of one shape on both sides of a product are two sweeps") {
  const Program program = [](Tape& tape) {
    const Var x = tanh(leaf(tape, {3, 3}, 1));
    return std::vector{sigmoid(matmul(x, leaf(tape, {3, 3}, 2)))};
  };
  CHECK(counts_of(checked_plan(program)) == Counts{1, 2, 0, 0});
}

TEST_CASE("fuse: values of two shapes are two sweeps") {
  const Program program = [](Tape& tape) {
    const Var x = tanh(leaf(tape, {2, 6}, 1));
    return std::vector{sigmoid(reshape(x, {3, 4}))};
  };
  CHECK(counts_of(checked_plan(program)) == Counts{0, 2, 0, 0});
}

TEST_CASE("fuse: a sum of values that are asked for is taken in the sweep too") {
  const Program program = [](Tape& tape) {
    const Var x = tanh(leaf(tape, {3, 5}, 1));
    return std::vector{x, sum(x, 0), x * sum(x, 0)};
  };
  CHECK(planned_difference(program) < kClose);
}

}  // namespace
}  // namespace unroll::testing
