// Columns of values in plans: read where they lie, computed side by side, copied where they have to
// be.
#include "core/plan/planned.h"

namespace unroll::testing {
namespace {

std::size_t products_in(const Program& program, const Passes& passes = {}) {
  return steps_of<ProductStep>(checked_plan(program, passes)).size();
}

TEST_CASE("columns: slices and concatenations along columns take no step of their own") {
  const Gates gates(6, 4);
  const Program program = [&](Tape& tape) {
    const Var y = linear(leaf(tape, {5, 4}, 1), tape.parameter(gates.W[0]));
    const std::vector<Var> part = split(y, 3, 1);
    const Var joined = concat(std::array{tanh(part[0]), sigmoid(part[2]) * part[1]}, 1);
    return std::vector{joined, linear(joined, tape.parameter(gates.W[1]))};
  };
  const Plan plan = checked_plan(program);
  CHECK(counts_of(plan) == Counts{.products = 2, .sweeps = 1, .kernels = 0, .copies = 0});
  CHECK(counts_of(checked_plan(program, without(&Passes::place))).kernels == 4);
}

TEST_CASE("columns: products read column parts of a state, also of all steps at once") {
  Parameters parameters(DType::f64, 1);
  const std::array<Parameter, 2> U{(parameters / "0").add("U", {2, 4}, uniform(1)),
                                   (parameters / "1").add("U", {2, 2}, uniform(1))};
  const Program program = [&](Tape& tape) {
    Var h = full(tape, {3, 4}, 0.5);
    for (int t = 0; t < 5; ++t) {
      const Var first = tanh(linear(h, tape.parameter(U[0])));
      h = concat(std::array{first, tanh(linear(slice(h, 1, 2, 4), tape.parameter(U[1])))}, 1);
    }
    return tape.gradients(sum(h), std::vector{tape.parameter(U[0]), tape.parameter(U[1])});
  };
  Tape tape(DType::f64);
  const Plan plan = plan_for(tape, program(tape));
  CHECK(planned_difference(program) < kClose);
  const auto products = steps_of<ProductStep>(plan);
  CHECK(products.size() == 10 + 8 + 2);  // forward, backward, of the two weights
  CHECK(std::ranges::count_if(products, [](auto* p) { return p->k == 15; }) == 2);
  CHECK(counts_of(plan).copies == 1);  // of the first state, beside the others
}

TEST_CASE("columns: a kernel or a reshape reads one dense copy of a column part") {
  const Program program = [](Tape& tape) {
    const Var part = slice(tanh(leaf(tape, {4, 6}, 1)), 1, 1, 5);
    return std::vector{
        add_up(std::array{sum(transpose(part)), sum(log_softmax(part)),
                          sum(sigmoid(reshape(part, {8, 2}))), sum(tanh(reshape(part, {16})))})};
  };
  CHECK(counts_of(checked_plan(program)).copies == 1);
}

TEST_CASE("columns: overlapping parts are detected and copied") {
  const Gates gates(5, 4);
  const Program program = [&](Tape& tape) {
    std::vector<Var> y;
    for (std::uint64_t t = 0; t < 3; ++t) {
      const Var h = tanh(linear(leaf(tape, {2, 4}, t), tape.parameter(gates.W[0])));
      const Var last = sigmoid(leaf(tape, {2, 1}, t + 9));
      // Where the other columns of h are.
      const Var replaced = concat(std::array{slice(h, 1, 0, 3), last}, 1);
      y.push_back(h);
      y.push_back(linear(replaced, tape.parameter(gates.W[1])));
    }
    y.push_back(stack(y));
    return y;
  };
  // What is put beside a part does not keep the products from being one.
  CHECK(products_in(program) == 2);
}

TEST_CASE("columns: only the value that would overlap another is copied") {
  const Gates wide(3, 4);
  const Gates narrow(3, 2);
  const Program program = [&](Tape& tape) {
    const Var a = tanh(leaf(tape, {2, 2}, 1));
    const Var b = sigmoid(leaf(tape, {2, 2}, 2));
    const Var above_all = tanh(leaf(tape, {2, 4}, 3));
    const Var above_b = tanh(leaf(tape, {2, 2}, 4));
    const auto W = [&](Var x) { return linear(x, tape.parameter(wide.W[0])); };
    const auto V = [&](Var x) { return linear(x, tape.parameter(narrow.W[0])); };
    const Var beside = concat(std::array{a, b}, 1);
    return std::vector{add_up(std::array{W(above_all), W(beside), V(above_b), V(b)})};
  };
  const Plan plan = checked_plan(program);
  CHECK(steps_of<ProductStep>(plan).size() == 2);
  CHECK(steps_of<KernelStep>(plan).empty());
}

TEST_CASE("columns: parts of a parameter, and all of it, stay what they were") {
  Parameters parameters(DType::f64, 1);
  const Parameter W = parameters.add("W", {3, 4}, uniform(1));
  const auto parts_of_W = [&](Tape& tape) {
    return std::array{slice(tape.parameter(W), 1, 1, 3), concat(std::array{tape.parameter(W)}, 1)};
  };
  Tape untouched(DType::f64);
  const std::array expected = parts_of_W(untouched);
  for (const Var& part : expected) (void)part.value();
  Tape tape(DType::f64);
  const std::array parts = parts_of_W(tape);
  (void)(sum(parts[0]) + sum(parts[1])).value();
  W.set(Tensor(DType::f64, {3, 4}));
  for (const std::size_t i : {0U, 1U}) {
    CHECK(parts[i].value().to_doubles() == expected[i].value().to_doubles());
  }
}

TEST_CASE("columns: products that read different widths of one left side are not joined") {
  Parameters parameters(DType::f64, 1);
  const Parameter W = (parameters / "0").add("W", {3, 4}, uniform(1));
  const Parameter V = (parameters / "1").add("W", {3, 2}, uniform(1));  // behind the other
  const Program program = [&](Tape& tape) {
    const Var x = tanh(leaf(tape, {2, 4}, 1));
    return std::vector{linear(x, tape.parameter(W)) + linear(slice(x, 1, 0, 2), tape.parameter(V))};
  };
  CHECK(products_in(program) == 2);
}

TEST_CASE("columns: parts of equal start and size but other row distance are told apart") {
  const Gates gates(3, 3);
  const Program joined = [&](Tape& tape) {
    const Var x = tanh(leaf(tape, {4, 6}, 1));
    const Var dense = rows(reshape(x, {8, 3}), 0, 4);
    return std::vector{linear(dense, tape.parameter(gates.W[0])) +
                       linear(slice(x, 1, 0, 3), tape.parameter(gates.W[1]))};
  };
  CHECK(products_in(joined) == 2);
  const Program packed = [](Tape& tape) {
    const Var x = leaf(tape, {4, 6}, 1);
    const Var part = slice(x, 1, 0, 3);
    const Var dense = rows(reshape(x, {8, 3}), 0, 4);
    const auto sums = std::array{sum(matmul(leaf(tape, {2, 4}, 2), part)),
                                 sum(matmul(leaf(tape, {3, 4}, 3), part)),
                                 sum(matmul(leaf(tape, {5, 4}, 4), dense))};
    return std::vector{add_up(sums)};
  };
  CHECK(products_in(packed) == 3);
}

TEST_CASE("columns: gates of each half of a value are joined") {
  const Gates gates(3, 2);
  const Program program = [&](Tape& tape) {
    std::vector<Var> results;
    for (const Var& half : split(tanh(leaf(tape, {5, 4}, 1)), 2, 1)) {
      for (const Var& gate : gates.of(half)) results.push_back(gate);
    }
    return std::vector{add_up(results)};
  };
  CHECK(products_in(program, without(&Passes::batch)) == 2);
}

TEST_CASE("columns: a part that goes on in the next value is copied as it is") {
  const Program program = [](Tape& tape) {
    const Var a = tanh(leaf(tape, {4, 6}, 1));
    const Var b = tanh(leaf(tape, {4, 6}, 2));
    const Var stacked = concat(std::array{slice(a, 1, 0, 3), slice(b, 1, 0, 3)}, 0);
    const Var across = rows(stacked, 2, 6);
    const auto beside = [&](std::uint64_t seed) {
      return concat(std::array{tanh(leaf(tape, {4, 2}, seed)), across}, 1);
    };
    return std::vector{beside(3) * beside(4)};
  };
  CHECK(planned_difference(program) < kClose);
}

TEST_CASE("columns: rows of several values are one block only where all rows are there") {
  const Program program = [](Tape& tape) {
    const Var a = tanh(leaf(tape, {2, 3}, 1));
    const Var b = sigmoid(leaf(tape, {2, 3}, 2));
    const Var joined = concat(std::array{a, b}, 0);
    return std::vector{square(concat(std::array{rows(joined, 0, 1), rows(joined, 1, 3)}, 0))};
  };
  CHECK(planned_difference(program) < kClose);
}

TEST_CASE("columns: a reshaped row below a value with neighbours is placed rightly") {
  const Program program = [](Tape& tape) {
    const Var a = tanh(leaf(tape, {1, 2}, 1));
    const Var joined =
        concat(std::array{a, tanh(leaf(tape, {1, 2}, 2)), tanh(leaf(tape, {1, 2}, 3))}, 0);
    const Var beside = concat(std::array{a, sigmoid(leaf(tape, {1, 2}, 4))}, 1);
    const Var row = rows(rows(joined, 1, 3), 0, 1);
    return std::vector{sum(tanh(reshape(row, {2, 1})) * leaf(tape, {2, 1}, 9)) + sum(beside)};
  };
  CHECK(planned_difference(program) < kClose);
}

}  // namespace
}  // namespace unroll::testing
