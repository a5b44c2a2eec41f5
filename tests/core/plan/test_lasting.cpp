// Values that share memory, wherever a plan puts them.
#include "core/plan/planned.h"

namespace unroll::testing {
namespace {

TEST_CASE("plan memory: one matrix may be summed twice") {
  CHECK(planned_difference([](Tape& tape) {
          const Var x = tanh(leaf(tape, {3, 4}, 1));
          const Var a = sum(x, 0);
          const Var b = sum(x, 0);
          return std::vector{a, b, sum(a * 2 + b)};
        }) < kClose);
}

TEST_CASE("plan memory: rows that cross from one part of a concat into the next are right") {
  CHECK(planned_difference([](Tape& tape) {
          const std::vector<Var> parts{tanh(leaf(tape, {2, 3}, 1)), tanh(leaf(tape, {2, 3}, 2))};
          const Var middle = rows(concat(parts, 0), 1, 3);  // as large as a part
          return std::vector{parts[0], parts[1], middle, sum(middle * 2)};
        }) < kClose);
}

TEST_CASE("plan memory: one value may be several parts of a concat") {
  CHECK(planned_difference([](Tape& tape) {
          const Var a = tanh(leaf(tape, {2, 3}, 1));
          const Var joined = concat(std::vector{a, a, a}, 0);
          const Var second = rows(joined, 2, 4);
          const Var third = rows(joined, 4, 6);
          return std::vector{a, second, third, (second * 2 + 1) * third};
        }) < kClose);
}

TEST_CASE("plan memory: parts of a concat may have no rows") {
  CHECK(
      planned_difference([](Tape& tape) {
        const Var a = tanh(leaf(tape, {2, 3}, 1));
        const Var joined = concat(std::vector{a, tanh(leaf(tape, {2, 3}, 2))}, 0);
        const Var z = a * 3 + 1;
        const Var again = concat(std::vector{rows(joined, 1, 1), rows(z, 0, 1), rows(z, 1, 2)}, 0);
        const Var y = transpose(again);
        return std::vector{again, sum(y, 1), sum(again) + sum(sum(y, 1))};
      }) < kClose);
}

TEST_CASE("plan memory: without the pass place a concat of parts of concats is right") {
  const auto program = [](Tape& tape) {
    const Var a = tanh(leaf(tape, {3, 2}, 1));
    const Var b = tanh(leaf(tape, {3, 2}, 2));
    const Var ab = concat(std::vector{a, b}, 0);
    const Var ba = concat(std::vector{b, a}, 0);
    const Var mixed = concat(
        std::vector{rows(ab, 0, 3), rows(ba, 1, 2), rows(ab, 1, 4), rows(ba, 0, 3), rows(ab, 2, 3)},
        0);
    const Var again = concat(std::vector{rows(mixed, 2, 5), rows(ab, 1, 3), rows(mixed, 0, 1)}, 0);
    return std::vector{ab, ba, mixed, again, sum(again * again)};
  };
  CHECK(planned_difference(program) < kClose);
  CHECK(planned_difference(program, without(&Passes::place)) < kClose);
  CHECK(planned_difference(program, only(&Passes::fuse)) < kClose);
}

TEST_CASE("plan memory: a value with gaps between its rows can be reshaped") {
  const Gates gates(3, 4);
  CHECK(planned_difference([&](Tape& tape) {
          const std::vector<Var> y = gates.of(leaf(tape, {2, 4}, 1));
          (void)(tanh(y[0]) + tanh(y[1]) + y[2] * y[3]).value();  // all four lie side by side
          const Var q = reshape(rows(y[1], 0, 2), {3, 2});
          const Var z = tanh(q) * 2 + 1;
          const Var columns = sum(transpose(q) * 1.5, 0);
          const Var last = rows(reshape(y[2], {6}), 1, 5) * 2;
          return std::vector{y[1], q, z, columns, last, sum(z) + sum(columns) + sum(last)};
        }) < kClose);
}

TEST_CASE("plan memory: values made of a parameter stay when the parameter changes") {
  for (const Passes& passes : {Passes{}, Passes::none()}) {
    const Parameters parameters(DType::f64);
    const Parameter w = parameters.add("w", {4, 2}, uniform(1));
    const std::vector<double> before = w.value().to_doubles();
    Tape tape(DType::f64);
    tape.set_passes(passes);
    const Var W = tape.parameter(w);
    const Var joined = concat(std::vector{rows(W, 0, 2), rows(W, 2, 4)}, 0);
    const Var stacked = stack(unstack(W));
    const Var y = affine(joined + stacked, 0.5, 0);
    (void)sum(y * y).item();
    w.set(random_tensor({4, 2}, 5));
    CHECK(joined.value().to_doubles() == before);
    CHECK(stacked.value().to_doubles() == before);
    CHECK(difference(y.value().to_doubles(), before) < kClose);
    CHECK(difference(affine(joined, 0.5, 0).value().to_doubles(),
                     affine(tape.input(Tensor::of({4, 2}, before)), 0.5, 0).value().to_doubles()) <
          kClose);
  }
}

TEST_CASE("plan memory: values not worth their memory are recomputed from the old parameters") {
  constexpr Index kSteps = 12;
  const Parameters parameters(DType::f64);
  const Parameter w = parameters.add("w", {3, 2}, uniform(1));
  const Parameter u = parameters.add("u", {3, 3}, uniform(1));
  const auto record = [&](Tape& tape) {
    std::vector<Var> products;
    const Var W = tape.parameter(w);
    const Var U = tape.parameter(u);
    Var h = leaf(tape, {4, 3}, 1);
    for (Index t = 0; t < kSteps; ++t) {
      const auto seed = static_cast<std::uint64_t>(t);
      products.push_back(matmul(leaf(tape, {4, 2}, 2 + seed), W, {.b = true}));
      products.push_back(matmul(h, U, {.b = true}));
      h = tanh(products[products.size() - 2] + products.back());
    }
    products.push_back(sum(h * h));
    return products;
  };
  const std::vector<Tensor> expected = values_with(Passes::none(), record);
  for (const bool change : {false, true}) {
    Tape tape(DType::f64);
    tape.set_passes({});
    clear_to_nan(tape);
    const std::vector<Var> products = record(tape);
    (void)tape.gradients(products.back(), parameters).flat();
    CHECK(tape.graph().nodes[products[8].index()].value == nullptr);
    CHECK(tape.graph().nodes[products[9].index()].value == nullptr);
    if (change) {
      w.set(random_tensor({3, 2}, 5));
      u.set(random_tensor({3, 3}, 6));
    }
    for (std::size_t i = products.size(); i-- > 0;) {
      CHECK(difference(products[i].value(), expected[i]) < kClose);
    }
  }
}

TEST_CASE(
    "plan memory: values that read two trees stay when the trees change one after the other") {
  const Parameters first(DType::f64);
  const Parameters second(DType::f64);
  const Parameter w = first.add("w", {3, 4}, uniform(1));
  const Parameter b = second.add("b", {3}, uniform(1));
  const auto record = [&](Tape& tape) {
    const Var y = linear(leaf(tape, {20, 4}, 1), tape.parameter(w), tape.parameter(b));
    return std::vector{y, sum(tanh(y))};
  };
  const std::vector<Tensor> expected = values_with(Passes::none(), record);
  Tape tape(DType::f64);
  tape.set_passes({});
  const std::vector<Var> vars = record(tape);
  (void)tape.gradients(vars[1], first).flat();
  CHECK(tape.graph().nodes[vars[0].index()].value == nullptr);
  w.set(random_tensor({3, 4}, 5));
  b.set(random_tensor({3}, 6));
  CHECK(difference(vars[0].value(), expected[0]) < kClose);
}

TEST_CASE("plan memory: of a chain of products only those that can be recomputed are freed") {
  const Parameters parameters(DType::f64);
  const Parameter u = parameters.add("u", {3, 3}, uniform(1));
  Tape tape(DType::f64);
  tape.set_passes({});
  std::vector<Var> h{leaf(tape, {4, 3}, 1)};
  for (int t = 0; t < 12; ++t) h.push_back(matmul(h.back(), tape.parameter(u), {.b = true}));
  (void)tape.gradients(sum(tanh(h.back())), parameters).flat();
  int in_a_row = 0;
  for (const Var& var : h) {
    const bool is_there = tape.graph().nodes[var.index()].value != nullptr;
    in_a_row = is_there ? 0 : in_a_row + 1;
    CHECK(in_a_row <= 2);
  }
}

TEST_CASE("plan memory: element-wise functions of kept values are recomputed") {
  const Parameters parameters(DType::f64);
  const Parameter w = parameters.add("w", {3, 4}, uniform(1));
  const auto record = [&](Tape& tape) {
    const Var x = leaf(tape, {5, 4}, 1);
    const Var W = transpose(tape.parameter(w));
    const Var y = tanh(matmul(x, W) * 2);
    const Var z = exp(y);
    const Var product = y * z;
    const Var sums = sum(product, 1);
    return std::vector{y, z, product, sums, sum(sums * sums)};
  };
  const std::vector<Tensor> expected = values_with(Passes::none(), record);
  Tape tape(DType::f64);
  tape.set_passes({});
  clear_to_nan(tape);
  const std::vector<Var> vars = record(tape);
  (void)tape.gradients(vars.back(), parameters).flat();
  const auto is_there = [&](Var var) { return tape.graph().nodes[var.index()].value != nullptr; };
  CHECK(is_there(vars[0]));
  CHECK(!is_there(vars[1]));
  w.set(random_tensor({3, 4}, 5));
  for (std::size_t i = vars.size(); i-- > 0;) {
    CHECK(difference(vars[i].value(), expected[i]) < kClose);
  }
}

TEST_CASE("plan memory: some rows of a value with gaps can be reshaped") {
  const Gates gates(4, 4);
  const auto values = [&](const Passes& passes) {
    Tape tape(DType::f64);
    tape.set_passes(passes);
    const std::vector<Var> y = gates.of(tanh(leaf(tape, {5, 4}, 1)));
    (void)(tanh(y[0]) * y[1] * y[2] * y[3]).value();
    const Index stride = tape.graph().nodes[y[0].index()].stride;
    CHECK((stride != 0) == passes.any());
    return (reshape(slice(y[0], 0, 2, 5), {2, 6}) * 2).value().to_doubles();
  };
  CHECK(difference(values({}), values(Passes::none())) < kClose);
}

}  // namespace
}  // namespace unroll::testing
