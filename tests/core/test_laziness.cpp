// Laziness is invisible: results are what running each line at once would have given.
#include "core/word_model.h"

#include <doctest/doctest.h>

#include <thread>

using namespace unroll;
using testing::ramp;
using testing::rising;
using testing::values_of;
using testing::WordModel;

namespace {

/// A tree of one parameter of three values: 0.1, 0.2, 0.3.
struct OneParameter {
  Parameters root{DType::f64};
  Parameter w = root.add("w", {3}, rising());
};

constexpr const char* kChanged =
    "Var #0 is parameter 'w' as it was before it was changed; take it from the tape again, or read "
    "it before the change";

}  // namespace

TEST_CASE("laziness: a node reads a parameter as it was when the node was recorded") {
  OneParameter p;
  Tape tape(DType::f64);
  const Var x = tape.input(Tensor::of<double>({3}, {1, 10, 100}));
  const Var y = x * p.w;
  const Var z = exp(y);
  const std::vector<double> expected{0.1, 2, 30};
  SUBCASE("set") { p.w.set(ramp({3}, 5)); }
  SUBCASE("change") { p.root.change<double>()[0] = 7; }
  SUBCASE("copy_from") {
    OneParameter other;
    other.w.set(ramp({3}, 9));
    p.root.copy_from(other.root);
  }
  SUBCASE("an optimizer's step") {
    const Gradients gradients = tape.gradients(sum(y), p.root);
    Sgd{1}.step(gradients);
    CHECK(gradients[p.w].to_doubles() == std::vector<double>{1, 10, 100});
    CHECK(p.w.value().at(2) == doctest::Approx(0.3 - 100));
  }
  for (std::size_t i = 0; i < 3; ++i) CHECK(values_of(y)[i] == doctest::Approx(expected[i]));
  CHECK(z.value().at(1) == doctest::Approx(std::exp(2.0)));
}

TEST_CASE("laziness: a view of a parameter is read as it was too") {
  OneParameter p;
  Tape tape(DType::f64);
  const Var y = rows(tape.parameter(p.w), 1, 3) * 2;
  const Var unread = rows(tape.parameter(p.w), 0, 1);
  p.w.set(ramp({3}, 5));
  CHECK(values_of(y)[0] == 0.4);
  CHECK(values_of(y)[1] == doctest::Approx(0.6));
  CHECK_THROWS_WITH_AS((void)unread.value(), kChanged, HandleError);
  CHECK_THROWS_WITH_AS(unread + 1, kChanged, HandleError);
}

TEST_CASE("laziness: the parameter's Var itself is stale after a change, and says so") {
  OneParameter p;
  Tape tape(DType::f64);
  const Var w = tape.parameter(p.w);
  const Var y = w * 2;
  CHECK(values_of(w)[0] == 0.1);
  p.w.set(Tensor::of<double>({3}, {7, 8, 9}));
  CHECK_THROWS_WITH_AS((void)w.value(), kChanged, HandleError);
  CHECK_THROWS_WITH_AS(w + 1, kChanged, HandleError);
  CHECK_THROWS_WITH_AS(tape.gradients(sum(y), p.root), kChanged, HandleError);
  const Var now = tape.parameter(p.w);
  CHECK(now != w);
  CHECK(values_of(now) == std::vector<double>{7, 8, 9});
  CHECK(values_of(now * 2) == std::vector<double>{14, 16, 18});
  CHECK(y.value().at(1) == 0.4);
}

TEST_CASE("laziness: a loss recorded after the change is differentiated on the same tape") {
  OneParameter p;
  Tape tape(DType::f64);
  const Var before = sum(square(tape.parameter(p.w)));
  p.w.set(Tensor::of<double>({3}, {1, 2, 3}));
  const Var after = sum(square(tape.parameter(p.w)));
  CHECK(tape.gradients(after, p.root)[p.w].to_doubles() == std::vector<double>{2, 4, 6});
  CHECK(before.item() == doctest::Approx(0.14));
  CHECK_THROWS_WITH_AS(tape.gradients(before + after, p.root), kChanged, HandleError);
}

TEST_CASE("laziness: a refused operation on an old parameter leaves no trace") {
  OneParameter p;
  const Parameter other = p.root.add("v", {3}, rising(5));
  Tape tape(DType::f64);
  const Var old = tape.parameter(p.w);
  p.root.change<double>()[0] = 7;
  const Var now = tape.parameter(other);
  CHECK_THROWS_WITH_AS(now + old, kChanged, HandleError);
  p.root.change<double>()[0] = 8;  // settles what reads the parameters: nothing does
  CHECK(tape.node_count() == 2);
  CHECK(tape.graph().inputs.empty());
}

TEST_CASE("laziness: changing one tree keeps the old values of its own parameters only") {
  OneParameter p;
  OneParameter q;
  Tape tape(DType::f64);
  const Var w_of_p = tape.parameter(p.w);
  const Var w_of_q = tape.parameter(q.w);
  const Var of_p = w_of_p * 2;
  const Var of_q = w_of_q * 3;
  const Var of_both = w_of_p * w_of_q;
  const auto is_copy = [&](Var v, const Parameter& parameter) {
    return tape.graph().nodes[v.index()].value != parameter.value().data;
  };
  p.w.set(ramp({3}, 5));
  CHECK(is_copy(w_of_p, p.w));
  CHECK_FALSE(is_copy(w_of_q, q.w));
  q.w.set(ramp({3}, 5));
  CHECK(is_copy(w_of_q, q.w));
  CHECK(of_p.value().at(1) == doctest::Approx(0.4));
  CHECK(of_q.value().at(1) == doctest::Approx(0.6));
  CHECK(of_both.value().at(1) == doctest::Approx(0.04));
}

TEST_CASE("laziness: old parameter values that no node reads are not kept") {
  OneParameter p;
  Tape tape(DType::f64);
  const Var w = tape.parameter(p.w);
  const Var y = w * 2;
  CHECK(y.value().at(1) == doctest::Approx(0.4));
  const std::size_t bytes = tape.bytes();
  p.w.set(ramp({3}, 5));
  CHECK(tape.bytes() == bytes);
  CHECK(tape.graph().nodes[w.index()].value == p.w.value().data);
}

TEST_CASE("laziness: a change of parameters settles every tape that reads them") {
  OneParameter p;
  Tape one(DType::f64);
  Tape two(DType::f64);
  const Var y = one.parameter(p.w) * 2;
  const Var z = two.parameter(p.w) * 3;
  p.w.set(ramp({3}, 5));
  CHECK(y.value().at(0) == 0.2);
  CHECK(z.value().at(0) == doctest::Approx(0.3));
}

TEST_CASE("laziness: gradients of one step read the values of that step") {
  const auto trained = [](bool early) {
    WordModel model(DType::f64);
    Tape tape(DType::f64);
    std::vector<double> losses;
    for (std::uint64_t step = 0; step < 4; ++step) {
      tape.clear();
      const Var loss = model.loss(tape, 3, step);
      if (early) losses.push_back(loss.item());
      const Gradients gradients = tape.gradients(loss, model.parameters);
      if (early) CHECK(gradients.segments().size() > 0);
      Sgd{0.5}.step(gradients);
      if (!early) losses.push_back(loss.item());
    }
    return losses;
  };
  CHECK(trained(true) == trained(false));
}

TEST_CASE("laziness: an exception in the middle of a run leaves the tape usable") {
  WordModel model;
  Tape tape;
  const Tensor bad = Tensor::of<std::int32_t>({2, 3}, {3, 11, 0, 0, 0, 0});
  const Var good = sum(square(tape.parameter(model.readout.W)));
  const Var loss = model.loss(tape, bad, WordModel::ids(2, 1)) + good;
  constexpr const char* kText = "embedding: id 11 at position 1: expected one in [0, 11)";
  CHECK_THROWS_WITH_AS((void)loss.value(), kText, ValueError);
  CHECK_THROWS_WITH_AS((void)loss.value(), kText, ValueError);
  CHECK(good.item() > 0);
  const Gradients gradients = tape.gradients(loss, model.parameters);
  CHECK_THROWS_WITH_AS((void)gradients.flat(), kText, ValueError);
  CHECK_THROWS_WITH_AS((void)gradients.flat(), kText, ValueError);

  const auto step = [&](Tape& any) {
    const Var fine = model.loss(any, 2);
    return std::pair(fine.item(), any.gradients(fine, model.parameters).flat().to_doubles());
  };
  Tape fresh;
  const auto expected = step(fresh);
  CHECK(step(tape) == expected);
  tape.clear();
  CHECK(step(tape) == expected);
}

TEST_CASE("laziness: tapes on several threads share parameters") {
  const WordModel model;
  Tape alone;
  const double expected = model.loss(alone, 5).item();
  const std::vector<double> expected_gradient =
      alone.gradients(model.loss(alone, 5), model.parameters).flat().to_doubles();
  constexpr int kThreads = 3;
  std::vector<int> wrong(kThreads);
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      Tape tape;
      for (int repeat = 0; repeat < 20; ++repeat) {
        tape.clear();
        const Var loss = model.loss(tape, 5);
        if (loss.item() != expected) ++wrong[static_cast<std::size_t>(i)];
        const Gradients gradients = tape.gradients(loss, model.parameters);
        if (gradients.flat().to_doubles() != expected_gradient) {
          ++wrong[static_cast<std::size_t>(i)];
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == std::vector<int>(kThreads, 0));
}
