// The running mean of the parameters.
#include "descent.h"

namespace unroll::testing {
namespace {

TEST_CASE(
    "averaged: the mean is that of all parameters after each step, also where a sparse step skips "
    "rows") {
  for (const char* const name : {"sgd", "adadelta", "adagrad", "momentum", "adam"}) {
    for (const Index start : {Index{0}, Index{1}, Index{37}}) {
      CAPTURE(name);
      CAPTURE(start);
      Lookups a;
      const OptimizerEntry& entry = find_optimizer(name);
      Averaged optimizer(entry.make(entry.learning_rate, 0), {.start = start});
      const auto size = static_cast<std::size_t>(a.p.flat().size());
      std::vector<double> total(size, 0.0);
      for (int step = 1; step <= 150; ++step) {
        optimizer.step(a.gradients(step, true));
        const Tensor p(a.p.flat());
        for (std::size_t i = 0; i < size && step > start; ++i) total[i] += p.values<double>()[i];
        std::vector<double> expected(p.values<double>().begin(), p.values<double>().end());
        if (step > start) {
          for (std::size_t i = 0; i < size; ++i) {
            expected[i] = total[i] / static_cast<double>(step - start);
          }
        }
        CHECK(difference(optimizer.mean(), Tensor::of<double>({a.p.flat().size()}, expected)) <
              1e-13);
        optimizer.with_mean([&] { CHECK(same_bits(a.p.flat(), optimizer.mean())); });
        CHECK(same_bits(a.p.flat(), p));
      }
    }
  }
}

TEST_CASE("averaged: the parameters go where the optimizer alone takes them") {
  Lookups a;
  Lookups b;
  Adam alone({.learning_rate = 0.01});
  Averaged averaged(std::make_unique<Adam>(AdamOptions{.learning_rate = 0.01}));
  CHECK(averaged.learning_rate == 0.01);
  for (int step = 0; step < 40; ++step) {
    alone.learning_rate = averaged.learning_rate = 0.01 / (step + 1);
    alone.step(a.gradients(step, true));
    averaged.step(b.gradients(step, true));
  }
  CHECK(same_bits(a.p.flat(), b.p.flat()));
}

TEST_CASE(
    "averaged: with_mean returns its function's result and restores the parameters, also after an "
    "exception") {
  Lookups a(DType::f32);
  Averaged optimizer(std::make_unique<Sgd>(0.5));
  CHECK(optimizer.with_mean([] { return 3; }) == 3);  // before the first step
  CHECK_THROWS_WITH_AS((void)optimizer.mean(), "Averaged: there is no mean before the first step",
                       Error);
  for (int step = 0; step < 10; ++step) optimizer.step(a.gradients(step, true));
  const Tensor before(a.p.flat());
  const double there = optimizer.with_mean([&] { return a.scalar.value().at(0); });
  CHECK(there != a.scalar.value().at(0));
  CHECK(same_bits(a.p.flat(), before));
  CHECK_THROWS_WITH_AS(optimizer.with_mean([] { fail<IoError>("disk full"); }), "disk full",
                       IoError);
  CHECK(same_bits(a.p.flat(), before));
}

TEST_CASE("averaged: a step inside with_mean is refused") {
  Lookups a;
  Averaged optimizer(std::make_unique<Sgd>(0.5));
  for (int step = 0; step < 3; ++step) optimizer.step(a.gradients(step, true));
  const auto state = optimizer.state();
  optimizer.with_mean([&] {
    CHECK_THROWS_WITH_AS(optimizer.step(a.gradients(3, true)),
                         "Averaged: no step while the parameters hold their mean", Error);
    CHECK_THROWS_WITH_AS(optimizer.restore(a.p, state),
                         "Averaged: no restore() while the parameters hold their mean", Error);
    CHECK_THROWS_WITH_AS(optimizer.with_mean([] {}),
                         "Averaged: no second with_mean() while the parameters hold their mean",
                         Error);
  });
}

TEST_CASE("averaged: settings that make no sense are refused") {
  CHECK_THROWS_WITH_AS(Averaged(nullptr), "Averaged: there is no optimizer to average the steps of",
                       Error);
  CHECK_THROWS_WITH_AS(Averaged(std::make_unique<Sgd>(), {.start = -1}),
                       "Averaged: a start of -1, expected one of 0 or above", Error);
}

TEST_CASE("averaged: gradients that cannot be computed change neither mean nor parameters") {
  const Parameters p(DType::f64);
  const Embedding words(p / "words", 3, 2);
  Averaged optimizer(std::make_unique<Sgd>());
  Tape tape(DType::f64);
  const auto gradients = [&](std::int32_t id) {
    return tape.gradients(sum(square(words(tape.input(ids_of({1}, {id}))))), p);
  };
  for (int step = 0; step < 3; ++step) optimizer.step(gradients(step));
  const auto good = optimizer.state();
  const Tensor before(p.flat());
  CHECK_THROWS_AS(optimizer.step(gradients(7)), ValueError);
  CHECK(same_bits(p.flat(), before));
  const auto after = optimizer.state();
  REQUIRE(after.size() == good.size());
  for (const auto& [name, tensor] : good) CHECK(same_bits(after.at(name), tensor));
}

TEST_CASE("averaged: a state that does not fit changes neither mean nor optimizer") {
  Lookups a;
  Averaged optimizer(std::make_unique<Adam>());
  for (int step = 0; step < 3; ++step) optimizer.step(a.gradients(step, true));
  const auto good = optimizer.state();
  for (const char* const missing : {"mean.table", "optimizer.m.table", "optimizer.step"}) {
    CAPTURE(missing);
    auto state = good;
    REQUIRE(state.erase(missing) == 1);
    CHECK_THROWS_AS(optimizer.restore(a.p, state), Error);
    CHECK(same_bits(optimizer.state().at("mean.table"), good.at("mean.table")));
    CHECK(same_bits(optimizer.state().at("optimizer.v.table"), good.at("optimizer.v.table")));
  }
}

}  // namespace
}  // namespace unroll::testing
