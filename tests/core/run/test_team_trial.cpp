#include <unroll/core/run/team_trial.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <random>

namespace unroll {
namespace {

/// Rounds of which `seconds(threads)` says how long they take, up to some noise.
struct Rounds {
  TeamTrial trial;
  int most;
  std::mt19937 random;

  explicit Rounds(int most) : most(most) {}

  /// Goes on for that many rounds: how many times the least time they took.
  template <class F>
  double cost(int rounds, F seconds) {
    double least = seconds(1);
    for (int n = 2; n <= most; ++n) least = std::min(least, seconds(n));
    double took = 0;
    for (int i = 0; i < rounds; ++i) {
      const double time = seconds(trial.choose(most));
      took += time;
      trial.note(time * std::uniform_real_distribution(0.98, 1.02)(random));
    }
    return took / (rounds * least);
  }
};

TEST_CASE("rounds have the number of threads that is fastest") {
  for (const double second : {0.0001, 0.001, 0.1}) {
    CAPTURE(second);
    const auto faster = [&](int threads) { return second * (0.1 + 0.9 / threads); };
    const auto slower = [&](int threads) { return second * (0.8 + 0.2 * threads); };
    for (const int most : {2, 3, 8, 16}) {
      CAPTURE(most);
      Rounds rounds(most);
      CHECK(rounds.cost(20'000, faster) < 1.03);
      CHECK(rounds.trial.choose(most) == most);
      (void)rounds.cost(3000, slower);
      CHECK(rounds.cost(20'000, slower) < 1.03);
      CHECK(rounds.trial.choose(most) == 1);
      (void)rounds.cost(5000, faster);
      CHECK(rounds.cost(20'000, faster) < 1.03);
      CHECK(rounds.trial.choose(most) == most);
    }
  }
}

TEST_CASE("a number between one and all is found") {
  const auto best_of_four = [](int threads) { return 0.001 * (1.0 / threads + 0.06 * threads); };
  Rounds rounds(16);
  (void)rounds.cost(3000, best_of_four);
  CHECK(rounds.cost(20'000, best_of_four) < 1.02);
  CHECK(rounds.trial.choose(16) == 4);
}

TEST_CASE("short rounds that threads slow down soon have fewer") {
  Rounds two(2);
  const auto slower = [](int threads) { return 0.0007 + 0.0003 * threads; };
  (void)two.cost(20, slower);
  CHECK(two.cost(300, slower) < 1.03);
  // Each halving follows the one before at once.
  Rounds many(64);
  (void)many.cost(1500, slower);
  CHECK(many.trial.choose(64) == 1);
}

TEST_CASE("a long round decides nothing") {
  Rounds rounds(2);
  const auto faster = [](int threads) { return 0.001 / threads; };
  for (int i = 0; i < 50; ++i) {
    (void)rounds.cost(97, faster);
    (void)rounds.trial.choose(2);
    rounds.trial.note(10);
  }
  CHECK(rounds.cost(20'000, faster) < 1.03);
}

TEST_CASE("one thread is not tried against itself") {
  TeamTrial trial;
  for (int i = 0; i < 100; ++i) {
    CHECK(trial.choose(1) == 1);
    trial.note(0.001);
  }
}

}  // namespace
}  // namespace unroll
