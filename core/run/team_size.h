#pragma once
/// How many threads of a team pay while other programs want the cores too.

#include <unroll/core/run/team.h>

#include <chrono>

namespace unroll {

/// A team waits at every step for its slowest thread. One that has to give its core to another
/// program holds up all of them for some milliseconds, as long as many steps take; fewer threads,
/// each with a core of its own, are faster then. The time of each run is measured: where fewer
/// threads would have been faster, the following runs have fewer, and later all are tried again.
class TeamSize {
 public:
  using Clock = std::chrono::steady_clock;
  using Time = Clock::time_point;

  /// How many threads, of at most `most`, the run that begins now should have.
  [[nodiscard]] int choose(int most, Time now);
  /// What a run on that many threads took, which ends now.
  void note(int threads, const TeamTime& time, Time now);

 private:
  int size_ = 0;         // 0: all
  Time until_{};         // when all are tried again
  Time tried_{};         // when they were last
  double pause_ = 0;     // seconds from one try to the next
  int threads_ = 0;      // of the last run on several
  TeamTime recently_{};  // of the runs on that many, those long ago counting less
};

}  // namespace unroll
