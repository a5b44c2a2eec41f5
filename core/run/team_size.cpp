#include <unroll/core/run/team_size.h>

#include <algorithm>
#include <cmath>

namespace unroll {
namespace {

// All in seconds.
constexpr double kMemory = 0.02;      // after which a run counts 1/e
constexpr double kEnough = 0.008;     // of runs, to judge by: longer than a time slice
constexpr double kShortPause = 0.1;   // before all threads are tried again, at first
constexpr double kLongPause = 1;      // and after many tries that were in vain
constexpr double kGood = 0.5;         // a try that lasts as long was not in vain
constexpr double kPausePerLoss = 20;  // at least, for each second that a try lost

/// How long the runs would have taken on fewer threads.
double expected(const TeamTime& time, int threads, int fewer) {
  if (fewer == 1) return time.working;
  // The least time that these threads take where no other program runs.
  const double alone = std::max(time.elapsed - time.off_core, time.working / threads);
  return alone * threads / fewer;
}

}  // namespace

int TeamSize::choose(int most, Time now) {
  if (size_ != 0 && now >= until_) {
    size_ = 0;
    recently_ = {};
    tried_ = now;
  }
  return size_ == 0 ? most : std::min(size_, most);
}

void TeamSize::note(int threads, const TeamTime& time, Time now) {
  if (threads == 1) return;
  if (threads != threads_) recently_ = {};
  threads_ = threads;
  const double left = std::exp(-time.elapsed / kMemory);
  recently_.elapsed = recently_.elapsed * left + time.elapsed;
  recently_.working = recently_.working * left + time.working;
  recently_.off_core = recently_.off_core * left + time.off_core;
  if (recently_.elapsed < kEnough) return;
  const double cores = threads - recently_.off_core / recently_.elapsed;  // of the team, on average
  const int fewer = std::clamp(static_cast<int>(cores), 1, threads - 1);
  const double lost = recently_.elapsed - expected(recently_, threads, fewer);
  if (lost <= 0) return;
  const bool good = std::chrono::duration<double>(now - tried_).count() > kGood;
  pause_ = good ? kShortPause : std::min(2 * pause_, kLongPause);
  pause_ = std::max(pause_, kPausePerLoss * lost);
  size_ = fewer;
  until_ = now + std::chrono::duration_cast<Time::duration>(std::chrono::duration<double>(pause_));
  recently_ = {};
}

}  // namespace unroll
