#include <unroll/core/run/team_size.h>

#include <doctest/doctest.h>

#include <algorithm>

namespace unroll {
namespace {

/// A machine on which a run of a team takes some time and other programs some of the cores.
struct Machine {
  int cores;
  int others = 0;         // programs that keep a core busy
  double seconds = 0.01;  // of work in a run

  /// Threads that share a core with another program are on it half of the time, and hold up the
  /// others: twice the time for all.
  [[nodiscard]] TeamTime run(int threads) const {
    const int shared = std::clamp(threads + others - cores, 0, threads);
    TeamTime time;
    time.elapsed = seconds / threads * (shared > 0 ? 2.2 : 1);
    time.working = seconds;
    time.off_core = shared * time.elapsed / 2;
    return time;
  }
};

/// Runs for some seconds: how many times the time of the best size it took.
double cost(TeamSize& size, TeamSize::Time& now, const Machine& machine, double seconds) {
  double took = 0;
  double best = 0;
  while (took < seconds) {
    const int threads = size.choose(machine.cores, now);
    const TeamTime time = machine.run(threads);
    const double elapsed = threads == 1 ? machine.seconds : time.elapsed;
    now += std::chrono::duration_cast<TeamSize::Time::duration>(
        std::chrono::duration<double>(elapsed));
    size.note(threads, time, now);
    took += elapsed;
    double least = machine.seconds;
    for (int n = 2; n <= machine.cores; ++n) least = std::min(least, machine.run(n).elapsed);
    best += least;
  }
  return took / best;
}

TEST_CASE("a team works with fewer threads while other programs hold it up") {
  for (const int cores : {2, 4, 16}) {
    for (const double seconds : {0.0002, 0.01, 0.3}) {
      CAPTURE(cores);
      CAPTURE(seconds);
      TeamSize size;
      TeamSize::Time now{};
      const Machine alone{cores, 0, seconds};
      const Machine beside_one{cores, 1, seconds};
      CHECK(cost(size, now, alone, 10) == doctest::Approx(1));
      CHECK(cost(size, now, beside_one, 20 + 100 * seconds) < 1.06);
      CHECK(size.choose(cores, now) == cores - 1);
      // When the others have ended, all threads are soon at work again.
      CHECK(cost(size, now, alone, 20 + 200 * seconds) < 1.1);
      CHECK(size.choose(cores, now) == cores);
    }
  }
}

TEST_CASE("a program that takes a little of a core does not cost a thread") {
  TeamSize size;
  TeamSize::Time now{};
  for (int i = 0; i < 1000; ++i) {
    const TeamTime time{.elapsed = 0.006, .working = 0.01, .off_core = 0.0006};
    now += std::chrono::milliseconds(6);
    CHECK(size.choose(2, now) == 2);
    size.note(2, time, now);
  }
}

TEST_CASE("a team asked for one thread has one") {
  TeamSize size;
  CHECK(size.choose(1, {}) == 1);
  CHECK(size.choose(4, {}) == 4);
}

TEST_CASE("the time of a team is that of its threads") {
  const TeamTime time = run_team(2, [](Team& team) {
    // The first thread works while the other one waits for it.
    volatile double sum = 0;
    for (int i = 0; team.thread() == 0 && i < 20'000'000; ++i) sum = sum + i;
    (void)team.barrier();
  });
  CHECK(time.elapsed > 0);
  CHECK(time.off_core >= 0);
  CHECK(time.working <= 1.5 * time.elapsed);  // 2 if waiting counted
  CHECK(run_team(1, [](Team&) {}).elapsed == 0);
}

}  // namespace
}  // namespace unroll
