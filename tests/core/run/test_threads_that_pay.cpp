#include <unroll/core/run/threads_that_pay.h>

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <thread>

namespace unroll {
namespace {

/// A program with rounds: a plan, and what follows it.
struct Program {
  ThreadsThatPay threads;
  double seconds = 0;  // on a core

  [[nodiscard]] TeamSize::Time now() const {
    return TeamSize::Time(std::chrono::duration_cast<TeamSize::Clock::duration>(
        std::chrono::duration<double>(seconds)));
  }
  void begin_round(const std::shared_ptr<TeamTrial>& trial, int most = 2) {
    threads.begin_round(most, trial, seconds);
  }
  /// Work on several threads, which takes two of them `time` each; other programs have one of two
  /// cores for `off_core` seconds.
  int work(double time, double off_core = 0) {
    const int size = threads.choose(2, now());
    const double elapsed = size == 1 ? 2 * time : time + off_core;
    seconds += elapsed;
    const TeamTime team{.elapsed = elapsed, .working = 2 * time, .off_core = off_core};
    threads.note(size, size == 1 ? TeamTime{} : team, now());
    return size;
  }
};

TEST_CASE("threads that slow down what follows a plan are left out") {
  Program program;
  const auto trial = std::make_shared<TeamTrial>();
  for (int i = 0; i < 100; ++i) {
    program.begin_round(trial);
    const int in_plan = program.work(0.0002);
    // What two threads wrote has to be fetched from the other core.
    program.seconds += in_plan == 2 ? 0.0006 : 0.0001;
    CHECK(program.work(0.00001) == in_plan);
    const bool knows = i >= 50;
    if (knows) CHECK(in_plan == 1);
  }
}

TEST_CASE("a plan is compared with itself only") {
  Program program;
  const auto one = std::make_shared<TeamTrial>();
  const auto other = std::make_shared<TeamTrial>();
  int with_one = 0;
  for (int i = 0; i < 10'000; ++i) {
    program.begin_round(i % 2 == 0 ? one : other);
    if (program.work(0.0003) == 1) ++with_one;
    if (i % 2 == 0) program.seconds += 0.002;  // only one of the two is followed by so much
  }
  CHECK(with_one < 200);
}

TEST_CASE("rounds without work for several threads decide nothing") {
  Program program;
  const auto trial = std::make_shared<TeamTrial>();
  for (int i = 0; i < 1000; ++i) {
    program.begin_round(trial);
    program.seconds += i % 2 == 0 ? 0.001 : 0.0001;
  }
  program.begin_round(trial);
  CHECK(program.work(0.001) == 2);
}

TEST_CASE("threads that other programs held up work again when these have ended") {
  Program program;
  const auto trial = std::make_shared<TeamTrial>();
  int with_one = 0;
  for (int i = 0; i < 20'000; ++i) {
    program.begin_round(trial);
    const bool busy = i < 10'000;
    const int threads = program.work(0.0002, busy ? 0.002 : 0);
    if (i == 9'999) CHECK(threads == 1);
    if (i >= 13'000 && threads == 1) ++with_one;
  }
  CHECK(with_one < 200);
}

TEST_CASE("work for another number of threads than the plan's does not follow it") {
  Program program;
  program.begin_round(std::make_shared<TeamTrial>(), 1);
  CHECK(program.threads.choose(1, program.now()) == 1);
  CHECK(program.threads.choose(2, program.now()) == 2);
}

TEST_CASE("time in which a thread waits is none on a core") {
  const double before = seconds_on_core();
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  CHECK(seconds_on_core() - before < 0.025);
}

}  // namespace
}  // namespace unroll
