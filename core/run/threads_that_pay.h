#pragma once
/// Work on as many threads as make it fast at the moment.

#include <unroll/core/run/team_size.h>
#include <unroll/core/run/team_trial.h>

#include <array>
#include <functional>
#include <limits>

namespace unroll {

/// Chooses how many threads work. TeamTrial finds the number that is fastest on this machine for
/// plans of about as many operations, up to a factor of two; TeamSize takes threads away while
/// other programs need the cores.
class ThreadsThatPay {
 public:
  using Time = TeamSize::Time;

  /// The round before ends, and a new one begins (see TeamTrial): with the run of a plan of that
  /// many operations, on `most` threads at most.
  void begin_round(int most, double operations, Time now);
  /// How many threads, of at most `most`, the work that begins now should have.
  [[nodiscard]] int choose(int most, Time now);
  /// What the work took on that many threads.
  void note(int threads, const TeamTime& time, Time now);

 private:
  TeamSize size_;
  std::array<TeamTrial, std::numeric_limits<unsigned long long>::digits + 1> trials_;
  TeamTrial* trial_ = nullptr;  // of this round
  double operations_ = 0;
  Time begun_{};
  int most_ = 0;         // the most threads that this round may have
  int chosen_ = 0;       // the threads that the trial gives it
  bool shares_ = false;  // whether there was work for several threads in this round
};

/// Begins a round of the calling thread, as ThreadsThatPay does.
void begin_round(int most, double operations);

/// Runs `work` as run_team() does, on as many threads of at most `most` as pay, and on all of them
/// where verifies(), so that tests meet what threads do on a busy machine too.
void run_on_threads_that_pay(int most, const std::function<void(Team&)>& work);

}  // namespace unroll
