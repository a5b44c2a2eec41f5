#include <unroll/core/plan/make_plan.h>
#include <unroll/core/run/threads_that_pay.h>

#include <utility>

namespace unroll {
namespace {

ThreadsThatPay& threads_that_pay() {
  static thread_local ThreadsThatPay threads;
  return threads;
}

}  // namespace

void ThreadsThatPay::begin_round(int most, std::shared_ptr<TeamTrial> trial, double on_core) {
  if (shares_) trial_->note(on_core - begun_);
  trial_ = std::move(trial);
  begun_ = on_core;
  most_ = most;
  chosen_ = trial_->choose(most);
  shares_ = false;
}

int ThreadsThatPay::choose(int most, Time now) {
  if (most <= 1) return 1;
  shares_ = trial_ != nullptr;
  return size_.choose(most == most_ ? chosen_ : most, now);
}

void ThreadsThatPay::note(int threads, const TeamTime& time, Time now) {
  size_.note(threads, time, now);
}

void begin_round(int most, std::shared_ptr<TeamTrial> trial) {
  threads_that_pay().begin_round(most, std::move(trial), seconds_on_core());
}

void run_on_threads_that_pay(int most, const std::function<void(Team&)>& work) {
  if (most <= 1 || verifies()) {
    (void)run_team(most, work);
    return;
  }
  ThreadsThatPay& here = threads_that_pay();
  const int threads = here.choose(most, TeamSize::Clock::now());
  const TeamTime time = run_team(threads, work);
  here.note(threads, time, TeamSize::Clock::now());
}

}  // namespace unroll
