// Learning-rate schedules and early stopping: exact values, edges, bad arguments.
#include "support.h"

namespace unroll::testing {
namespace {

std::vector<double> rates(const Schedule& schedule, Index count) {
  std::vector<double> result;
  for (Index t = 0; t < count; ++t) result.push_back(schedule.rate(t));
  return result;
}

using Rates = std::vector<double>;

TEST_CASE("schedule: constant gives one rate for all epochs") {
  CHECK(rates(Schedule(ConstantRate{0.25}), 3) == Rates{0.25, 0.25, 0.25});
}

TEST_CASE("schedule: a decay holds the rate, then multiplies it every epoch") {
  // Zaremba's small model: four epochs at 1, the fifth at 1/2.
  CHECK(rates(Schedule(HoldThenDecay{1, 4, 0.5}), 7) == Rates{1, 1, 1, 1, 0.5, 0.25, 0.125});
  CHECK(rates(Schedule(HoldThenDecay{1, 0, 0.5}), 2) == Rates{0.5, 0.25});
  CHECK(Schedule(HoldThenDecay{0.002, 10, 0.97}).rate(9) == 0.002);
  CHECK(std::abs(Schedule(HoldThenDecay{0.002, 10, 0.97}).rate(11) - 0.002 * 0.97 * 0.97) < 1e-18);
}

TEST_CASE("schedule: a step schedule multiplies the rate every so many epochs") {
  CHECK(rates(Schedule(StepDecay{8, 2, 0.25}), 6) == Rates{8, 8, 2, 2, 0.5, 0.5});
  CHECK(rates(Schedule(StepDecay{8, 1, 0.5}), 3) == Rates{8, 4, 2});
}

TEST_CASE("schedule: a cosine falls from the first rate to the last") {
  const Schedule down(CosineDecay{2, 4, 1});
  CHECK(down.rate(0) == 2);
  CHECK(std::abs(down.rate(1) - (1.5 + std::sqrt(0.125))) < 1e-15);
  CHECK(std::abs(down.rate(2) - 1.5) < 1e-15);
  CHECK(down.rate(4) == 1);
  CHECK(down.rate(1000) == 1);  // and stays there
  CHECK(Schedule(CosineDecay{2, 1}).rate(1) == 0);
}

TEST_CASE("schedule: the rate is halved where the loss has risen") {
  Schedule schedule(HalveOnRise{1});
  CHECK_FALSE(schedule.observe(5));
  CHECK_FALSE(schedule.observe(4));
  CHECK_FALSE(schedule.observe(4));  // not above
  CHECK(schedule.rate(3) == 1);
  CHECK(schedule.observe(4.5));
  CHECK(schedule.rate(4) == 0.5);
  CHECK_FALSE(schedule.observe(4.25));  // above the best, below the last
  CHECK(schedule.observe(INFINITY));
  CHECK(schedule.rate(6) == 0.25);
  Schedule third(HalveOnRise{9, 1.0 / 3});
  (void)third.observe(1);
  (void)third.observe(2);
  CHECK(third.rate(0) == 3);
}

TEST_CASE("schedule: a warm-up may stand before every schedule") {
  CHECK(rates(Schedule(ConstantRate{1}, 3), 5) == Rates{0.25, 0.5, 0.75, 1, 1});
  CHECK(rates(Schedule(HoldThenDecay{1, 2, 0.5}, 1), 5) == Rates{0.5, 1, 1, 0.5, 0.25});
  CHECK(rates(Schedule(StepDecay{8, 1, 0.5}, 1), 4) == Rates{4, 8, 4, 2});
  CHECK(Schedule(CosineDecay{2, 4, 1}, 3).rate(2) == 1.5);
  CHECK(Schedule(CosineDecay{2, 4, 1}, 3).rate(7) == 1);
  Schedule halved(HalveOnRise{1}, 1);
  (void)halved.observe(1);
  CHECK(halved.observe(2));
  CHECK(rates(halved, 2) == Rates{0.25, 0.5});
}

TEST_CASE("schedule: only schedules that watch the loss have a state, of plain numbers") {
  Schedule schedule(HalveOnRise{1});
  CHECK(schedule.state() == Rates{1, kNoLoss});
  (void)schedule.observe(3);
  (void)schedule.observe(4);
  Schedule resumed(HalveOnRise{1});
  resumed.restore(schedule.state());
  CHECK(resumed.rate(0) == 0.5);
  CHECK_FALSE(resumed.observe(4));
  CHECK(resumed.observe(4.5));
  Schedule constant(ConstantRate{1});
  CHECK_FALSE(constant.observe(1e9));
  CHECK(constant.state().empty());
  constant.restore({});
  CHECK(constant.rate(0) == 1);
}

TEST_CASE("schedule: rates, factors and epochs out of range are refused") {
  const auto refuses = [](auto make, const char* message) {
    CHECK_THROWS_WITH_AS(make(), message, Error);
  };
  refuses([] { Schedule{ConstantRate{0}}; }, "ConstantRate: a rate of 0, expected one above 0");
  refuses([] { Schedule{ConstantRate{NAN}}; }, "ConstantRate: a rate of nan, expected one above 0");
  refuses(
      [] {
        Schedule{HoldThenDecay{-1, 4, 0.5}};
      },
      "HoldThenDecay: a rate of -1, expected one above 0");
  refuses(
      [] {
        Schedule{HoldThenDecay{1, -1, 0.5}};
      },
      "HoldThenDecay: a hold of -1, expected one of 0 or above");
  refuses(
      [] {
        Schedule{HoldThenDecay{1, 4, 0}};
      },
      "HoldThenDecay: a factor of 0, expected one above 0 and at most 1");
  refuses(
      [] {
        Schedule{StepDecay{1, 0, 0.5}};
      },
      "StepDecay: a step of 0, expected one of 1 or above");
  refuses(
      [] {
        Schedule{StepDecay{1, 1, 1.5}};
      },
      "StepDecay: a factor of 1.5, expected one above 0 and at most 1");
  refuses(
      [] {
        Schedule{CosineDecay{1, 0}};
      },
      "CosineDecay: a length of 0, expected one of 1 or above");
  refuses(
      [] {
        Schedule{CosineDecay{1, 5, -1}};
      },
      "CosineDecay: a last rate of -1, expected one of 0 or above");
  refuses(
      [] {
        Schedule{HalveOnRise{1, 2}};
      },
      "HalveOnRise: a factor of 2, expected one above 0 and at most 1");
  refuses([] { Schedule(ConstantRate{1}, -1); },
          "Schedule: a warm-up of -1, expected one of 0 or above");
  refuses([] { (void)Schedule(ConstantRate{1}).rate(-1); },
          "Schedule: a time of -1, expected one of 0 or above");
  refuses([] { Schedule(ConstantRate{1}).observe(NAN); }, "Schedule: the loss is not a number");
  refuses([] { Schedule(HalveOnRise{1}).restore(Rates{1}); },
          "Schedule: a state of 1 numbers, expected 2");
  refuses(
      [] {
        Schedule(HalveOnRise{1}).restore(Rates{-1, 2});
      },
      "HalveOnRise: a rate of -1, expected one above 0");
}

TEST_CASE("early stopping: stops after `patience` measurements without a new best") {
  EarlyStopping stopping{2};
  CHECK_FALSE(stopping.stop());
  CHECK(stopping.observe(5));
  CHECK(stopping.observe(4));
  CHECK_FALSE(stopping.observe(4));  // as good is no better
  CHECK_FALSE(stopping.stop());
  CHECK(stopping.observe(3));
  CHECK(stopping.since == 0);
  CHECK_FALSE(stopping.observe(3.5));
  CHECK_FALSE(stopping.observe(3.25));  // falls, but is not the best
  CHECK(stopping.stop());
  CHECK(stopping.best == 3);
  CHECK(stopping.since == 2);
}

TEST_CASE("early stopping: a loss that is not a number is no better") {
  EarlyStopping stopping{1};
  CHECK_FALSE(stopping.observe(NAN));
  CHECK(stopping.stop());
  CHECK(stopping.observe(1));
  CHECK_FALSE(stopping.stop());
}

TEST_CASE("early stopping: restored from its members it counts on") {
  EarlyStopping a{3};
  for (const double loss : {2.0, 3.0, 3.0}) (void)a.observe(loss);
  EarlyStopping b{3, a.best, a.since};
  CHECK_FALSE(b.stop());
  (void)b.observe(2.5);
  CHECK(b.stop());
}

TEST_CASE("early stopping: a patience below 1 is refused") {
  EarlyStopping stopping{0};
  CHECK_THROWS_WITH_AS(stopping.observe(1),
                       "EarlyStopping: a patience of 0, expected one of 1 or above", Error);
}

}  // namespace
}  // namespace unroll::testing
