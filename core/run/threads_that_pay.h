#pragma once
/// Work on as many threads as make it fast at the moment.

#include <unroll/core/run/team_size.h>
#include <unroll/core/run/team_trial.h>

#include <functional>
#include <memory>

namespace unroll {

/// Chooses how many threads work. The trial of a plan finds the number that is fastest on this
/// machine for its rounds (see TeamTrial); TeamSize takes threads away while other programs need
/// the cores.
class ThreadsThatPay {
 public:
  using Time = TeamSize::Time;

  /// The round before ends, and a new one begins, of the plan that `trial` belongs to, on `most`
  /// threads at most. `on_core`: the seconds that the calling thread has been on a core so far. Of
  /// a round those count, so that waiting for data or a user does not.
  void begin_round(int most, std::shared_ptr<TeamTrial> trial, double on_core);
  /// How many threads, of at most `most`, the work that begins now should have.
  [[nodiscard]] int choose(int most, Time now);
  /// What the work took on that many threads.
  void note(int threads, const TeamTime& time, Time now);

 private:
  TeamSize size_;
  std::shared_ptr<TeamTrial> trial_;  // of this round
  double begun_ = 0;                  // seconds on a core
  int most_ = 0;                      // the most threads that this round may have
  int chosen_ = 0;                    // the threads that the trial gives it
  bool shares_ = false;               // whether this round has had work for several threads
};

/// Begins a round of the calling thread, as ThreadsThatPay does.
void begin_round(int most, std::shared_ptr<TeamTrial> trial);

/// Runs `work` as run_team() does, on as many threads of at most `most` as pay, and on all of them
/// where verifies(), so that tests meet what threads do on a busy machine too.
void run_on_threads_that_pay(int most, const std::function<void(Team&)>& work);

}  // namespace unroll
