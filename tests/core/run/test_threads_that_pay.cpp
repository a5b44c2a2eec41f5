#include <unroll/core/run/threads_that_pay.h>

#include <doctest/doctest.h>

namespace unroll {
namespace {

/// A program with rounds: a plan, and a loop that follows it.
struct Program {
  ThreadsThatPay threads;
  TeamSize::Time now{};

  void pass(double seconds) {
    now += std::chrono::duration_cast<TeamSize::Time::duration>(
        std::chrono::duration<double>(seconds));
  }
  /// Work on several threads, which takes two of them `seconds` each; other programs have one of
  /// two cores for `off_core` seconds.
  int work(double seconds, double off_core = 0) {
    const int size = threads.choose(2, now);
    const double elapsed = size == 1 ? 2 * seconds : seconds + off_core;
    pass(elapsed);
    const TeamTime time{.elapsed = elapsed, .working = 2 * seconds, .off_core = off_core};
    threads.note(size, size == 1 ? TeamTime{} : time, now);
    return size;
  }
};

TEST_CASE("threads that slow down what follows a plan are left out") {
  Program program;
  for (int i = 0; i < 100; ++i) {
    program.threads.begin_round(2, 1e6, program.now);
    const int in_plan = program.work(0.0002);
    // What two threads wrote has to be fetched from the other core.
    program.pass(in_plan == 2 ? 0.0006 : 0.0001);
    CHECK(program.work(0.00001) == in_plan);
    const bool knows = i >= 50;
    if (knows) CHECK(in_plan == 1);
  }
}

TEST_CASE("rounds without work for several threads decide nothing") {
  Program program;
  for (int i = 0; i < 1000; ++i) {
    program.threads.begin_round(2, 1e6, program.now);
    // Nothing here is for several threads: one round is not better than another.
    program.pass(i % 2 == 0 ? 0.001 : 0.0001);
  }
  program.threads.begin_round(2, 1e6, program.now);
  CHECK(program.work(0.001) == 2);
}

TEST_CASE("threads that other programs held up work again when these have ended") {
  Program program;
  int with_one = 0;
  for (int i = 0; i < 20'000; ++i) {
    program.threads.begin_round(2, 1e6, program.now);
    const bool busy = i < 10'000;
    const int threads = program.work(0.0002, busy ? 0.002 : 0);
    if (i == 9'999) CHECK(threads == 1);
    if (i >= 13'000 && threads == 1) ++with_one;
  }
  CHECK(with_one < 200);
}

TEST_CASE("work for another number of threads than the plan's does not follow it") {
  Program program;
  program.threads.begin_round(1, 1e6, program.now);
  CHECK(program.threads.choose(1, program.now) == 1);
  CHECK(program.threads.choose(2, program.now) == 2);
}

}  // namespace
}  // namespace unroll
