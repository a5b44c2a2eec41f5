#include <unroll/core/plan/make_plan.h>
#include <unroll/core/run/threads_that_pay.h>

#include <algorithm>
#include <bit>

namespace unroll {
namespace {

ThreadsThatPay& threads_that_pay() {
  static thread_local ThreadsThatPay threads;
  return threads;
}

}  // namespace

void ThreadsThatPay::begin_round(int most, double operations, Time now) {
  if (shares_) trial_->note(std::chrono::duration<double>(now - begun_).count(), operations_);
  operations_ = std::max(operations, 1.0);
  trial_ = &trials_[static_cast<std::size_t>(
      std::bit_width(static_cast<unsigned long long>(operations_)))];
  begun_ = now;
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

void begin_round(int most, double operations) {
  threads_that_pay().begin_round(most, operations, TeamSize::Clock::now());
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
