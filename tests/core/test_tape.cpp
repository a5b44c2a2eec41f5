// The tape: recording, handles, values on demand.
#include "core/word_model.h"

#include <doctest/doctest.h>

#include <cmath>

using namespace unroll;
using testing::ramp;
using testing::values_of;
using testing::WordModel;

namespace {

int counted_runs = 0;

/// y = x, counting how often it runs.
const Op& counting_op() {
  static const Op op = [] {
    Op record{OpInfo{.name = "counting", .formula = "y = x"}};
    record.shape = [](const Signature& s) { return s.shape(0); };
    const Kernel kernel = [](const KernelCall& k) {
      ++counted_runs;
      std::copy_n(k.in<float>(0), k.shape().size(), k.out<float>());
    };
    record.forward = {kernel, nullptr, nullptr};
    return record;
  }();
  return op;
}

Var counted(Var x) { return x.tape().record(counting_op(), {&x, 1}); }

}  // namespace

TEST_CASE("tape: recording computes nothing, asking computes what is needed, once") {
  Tape tape;
  counted_runs = 0;
  const Var x = tape.input(Tensor::of<float>({2}, {1, 2}));
  const Var a = counted(x);
  const Var b = counted(a + 1);
  const Var unused = counted(b);
  CHECK(counted_runs == 0);
  CHECK(tape.node_count() == 5);
  CHECK(b.shape() == Shape{2});
  CHECK(counted_runs == 0);
  CHECK(values_of(b) == std::vector<double>{2, 3});
  CHECK(counted_runs == 2);
  CHECK(values_of(a) == std::vector<double>{1, 2});
  CHECK(values_of(b) == std::vector<double>{2, 3});
  CHECK(values_of(a * b) == std::vector<double>{2, 6});
  CHECK(counted_runs == 2);
  CHECK(values_of(unused) == std::vector<double>{2, 3});
  CHECK(counted_runs == 3);
}

TEST_CASE("tape: an input keeps the values it was recorded with, in the tape's type") {
  Tensor values = Tensor::of<double>({2}, {0.1, 2});
  Tape f32(DType::f32);
  Tape f64(DType::f64);
  const Var single = f32.input(values);
  const Var twice = f64.input(values);
  values.values<double>()[0] = 7;
  CHECK(single.dtype() == DType::f32);
  CHECK(twice.dtype() == DType::f64);
  CHECK(single.value().at(0) == static_cast<double>(0.1F));
  CHECK(twice.value().at(0) == 0.1);
  CHECK(f64.input(Tensor::of<std::int32_t>({1}, {3})).dtype() == DType::i32);
  CHECK(f64.input(Tensor(DType::f32, {0, 3})).value().size() == 0);
  CHECK_THROWS_WITH_AS(Tape{DType::i32}, "a tape is f32 or f64, not i32", TypeError);
}

TEST_CASE("tape: a Var of a cleared or another tape is refused") {
  Tape tape;
  Tape other;
  const Var x = tape.input(ramp({2}));
  const Var y = other.input(ramp({2}));
  CHECK_THROWS_WITH_AS(x + y, "Var #0 belongs to another tape", HandleError);
  CHECK_THROWS_WITH_AS(tape.value(y), "Var #0 belongs to another tape", HandleError);
  CHECK_THROWS_WITH_AS(tape.gradients(y, std::span(&x, 1)), "Var #0 belongs to another tape",
                       HandleError);
  CHECK_THROWS_WITH_AS(tape.gradients(x, std::span(&y, 1)), "Var #0 belongs to another tape",
                       HandleError);
  CHECK_THROWS_WITH_AS(sigmoid(Var()), "a Var that was never recorded", HandleError);
  CHECK_THROWS_WITH_AS((void)Var().item(), "a Var that was never recorded", HandleError);
  CHECK_THROWS_WITH_AS(x * Var(), "a Var that was never recorded", HandleError);
  CHECK_THROWS_WITH_AS(tape.parameter(Parameter()), "a Parameter that was never created",
                       HandleError);

  const Var z = x + 1;
  tape.clear();
  constexpr const char* kStale =
      "Var #1 belongs to a tape that was cleared (generation 1, now 2); carry() values across "
      "tape.clear()";
  CHECK_THROWS_WITH_AS((void)z.value(), kStale, HandleError);
  CHECK_THROWS_WITH_AS((void)z.shape(), kStale, HandleError);
  CHECK_THROWS_WITH_AS((void)z.dtype(), kStale, HandleError);
  CHECK_THROWS_WITH_AS(z + 1, kStale, HandleError);
  CHECK_THROWS_WITH_AS(tape.gradients(z, std::span(&z, 1)), kStale, HandleError);
  CHECK(tape.node_count() == 0);
  CHECK(tape.input(ramp({2})) != x);
}

TEST_CASE("tape: a refused operation leaves the tape as it was") {
  Tape tape;
  const Var a = tape.input(ramp({2, 3}));
  const Var b = tape.input(ramp({4, 5}));
  const Var ids = tape.input(Tensor::of<std::int32_t>({2}, {0, 1}));
  const std::string before = tape.to_string();
  CHECK_THROWS_WITH_AS(
      matmul(a, b), "matmul: (2 x 3) times (4 x 5): inner dimensions 3 and 4 differ", ShapeError);
  CHECK_THROWS_WITH_AS(a * ids, "mul: input 1 is i32, expected floating-point values", TypeError);
  CHECK_THROWS_WITH_AS(embedding(a, b), "embedding: input 1 is f32, expected i32", TypeError);
  const std::vector<Var> mixed{a, ids};
  CHECK_THROWS_WITH_AS(concat(mixed, 0), "concat: inputs of different types, f32 and i32",
                       TypeError);
  CHECK_THROWS_WITH_AS(tape.record(counting_op(), {}), "counting: 0 inputs, expected 1 to 1",
                       Error);
  CHECK(tape.to_string() == before);
  CHECK(tape.graph().inputs.empty());
  CHECK(values_of(matmul(a, a, {.b = true})).size() == 4);
}

TEST_CASE("tape: item() refuses more than one element") {
  Tape tape;
  CHECK(tape.input(Tensor::of<double>({1, 1}, {2.5})).item() == 2.5);
  CHECK(tape.input(Tensor::of<std::int32_t>({}, {-7})).item() == -7);
  const Var row = tape.input(ramp({1, 3}));
  CHECK_THROWS_WITH_AS((void)row.item(),
                       "item() of Var #2, which has shape (1 x 3): it has to have one element",
                       ShapeError);
}

TEST_CASE("tape: a reference to a shape stays valid while more is recorded") {
  Tape tape;
  const Var x = tape.input(ramp({2, 3}));
  const auto& shape = x.shape();
  for (int i = 0; i < 10'000; ++i) (void)(x + 1);  // moves the nodes in memory
  CHECK(shape == Shape{2, 3});
}

TEST_CASE("tape: a parameter is the same Var each time, of the tape's type") {
  const Parameters parameters(DType::f32);
  const Parameter w = parameters.add("w", {2}, testing::rising());
  Tape tape;
  CHECK(tape.parameter(w) == tape.parameter(w));
  CHECK(tape.node_count() == 1);
  Tape f64(DType::f64);
  CHECK_THROWS_WITH_AS(f64.parameter(w),
                       "parameter 'w' is f32 and the tape f64: give both the same type", TypeError);
  CHECK(f64.node_count() == 0);
}

TEST_CASE("tape: parameters of two trees that stand at the same place in each are told apart") {
  const Parameters a(DType::f32, 1);
  const Parameters b(DType::f32, 2);
  const Parameter first = a.add("w", {2}, uniform(1));
  const Parameter second = b.add("w", {2}, uniform(1));
  Tape tape;
  const Var x = tape.parameter(first);
  const Var y = tape.parameter(second);
  CHECK(x != y);
  for (int i = 0; i < 2; ++i) {
    CHECK(tape.parameter(first) == x);
    CHECK(tape.parameter(first) == x);
    CHECK(tape.parameter(second) == y);
  }
  CHECK(tape.node_count() == 2);
  first.set(ramp({2}));
  const Var changed = tape.parameter(first);
  CHECK(changed != x);
  CHECK(tape.parameter(first) == changed);
  CHECK(tape.parameter(second) == y);
  tape.clear();
  CHECK(tape.parameter(second).index() == 0);
  CHECK(values_of(tape.parameter(first)) == values_of(tape.input(ramp({2}))));
}

TEST_CASE("tape: attributes can be those of a node of the same tape, however it grows") {
  Tape tape;
  Var x = affine(tape.input(Tensor::of<float>({2}, {1, 2})), 1, 1);
  for (int i = 0; i < 300; ++i) {
    const Node& node = tape.graph().nodes[x.index()];
    x = tape.record(*node.op, {&x, 1}, node.attributes);
  }
  CHECK(values_of(x) == std::vector<double>{302, 303});
}

TEST_CASE("tape: printing in the middle changes nothing") {
  const auto losses_and_gradients = [](bool printing) {
    WordModel model;
    Tape tape;
    std::vector<double> seen;
    for (std::uint64_t step = 0; step < 3; ++step) {
      tape.clear();
      const Var loss = model.loss(tape, 4, step);
      if (printing) CHECK(tape.to_string(true).size() > 1000);
      Gradients gradients = tape.gradients(loss, model.parameters);
      if (printing) CHECK(tape.to_string(true).size() > 1000);
      for (const double g : gradients.flat().to_doubles()) seen.push_back(g);
      Sgd{0.5}.step(gradients);
      seen.push_back(loss.item());
    }
    return seen;
  };
  // Products of values that were asked for one by one are added up in another order.
  const std::vector<double> printed = losses_and_gradients(true);
  const std::vector<double> silent = losses_and_gradients(false);
  REQUIRE(printed.size() == silent.size());
  for (std::size_t i = 0; i < silent.size(); ++i) {
    CHECK(std::abs(printed[i] - silent[i]) < 1e-6 * (1 + std::abs(silent[i])));
  }
}

TEST_CASE("tape: asking for every value at once gives what running line by line gives") {
  WordModel model;
  Tape eager;
  Tape lazy;
  for (Tape* tape : {&eager, &lazy}) {
    const Var loss = model.loss(*tape, 3);
    const Var w = tape->parameter(model.lstm.f.U);
    (void)tape->gradients(loss, std::span(&w, 1));
  }
  const auto count = static_cast<std::uint32_t>(eager.node_count());
  REQUIRE(lazy.node_count() == count);
  for (std::uint32_t i = 0; i < count; ++i) (void)eager.value(Var(&eager, i, 1));
  for (std::uint32_t i = count; i-- > 0;) (void)lazy.value(Var(&lazy, i, 1));  // last one first
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::vector<double> one_by_one = values_of(Var(&eager, i, 1));
    const std::vector<double> at_once = values_of(Var(&lazy, i, 1));
    REQUIRE(one_by_one.size() == at_once.size());
    for (std::size_t j = 0; j < at_once.size(); ++j) {
      CHECK(std::abs(one_by_one[j] - at_once[j]) < 1e-6 * (1 + std::abs(one_by_one[j])));
    }
  }
}

TEST_CASE("tape: scopes of time steps nest") {
  Tape tape;
  const Var x = tape.input(ramp({1}));
  const auto step_of = [&](Var v) { return tape.graph().nodes[v.index()].step; };
  CHECK(step_of(x) == -1);
  {
    const Tape::StepScope outer(tape, 3);
    CHECK(step_of(x + 1) == 3);
    {
      const Tape::StepScope inner(tape, 4);
      CHECK(step_of(x + 2) == 4);
    }
    CHECK(step_of(x + 3) == 3);
  }
  CHECK(step_of(x + 4) == -1);
}

TEST_CASE("tape: views of parameters recorded before clear() are forgotten") {
  const Parameters p(DType::f64, 1);
  const Parameter W = p.add("W", {3, 4}, uniform(1));
  Tape tape(DType::f64);
  (void)reshape(tape.parameter(W), {4, 3}).value();  // node 1
  tape.clear();
  const Var x = tape.input(ramp({2, 4}));
  const Var y = linear(x, tape.parameter(W));  // the parameter is node 1 now
  const std::vector<double> before = W.value().to_doubles();
  W.set(Tensor(DType::f64, {3, 4}));
  double expected = 0;
  for (Index i = 0; i < 4; ++i) expected += x.value().at(i) * before[static_cast<std::size_t>(i)];
  CHECK(y.value().at(0) == doctest::Approx(expected));
}
