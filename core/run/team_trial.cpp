#include <unroll/core/run/team_trial.h>

#include <algorithm>
#include <limits>

namespace unroll {
namespace {

constexpr double kAtFirst = 0.02;  // seconds that the first trial may cost
constexpr double kShare = 0.01;    // of the time that later trials may cost
constexpr double kFaster = 0.95;   // of the usual time: worth another number of threads

}  // namespace

void TeamTrial::Times::add(double time) {
  times_[static_cast<std::size_t>(count_ % kEnough)] = time;
  ++count_;
}

double TeamTrial::Times::median() const {
  std::array<double, kEnough> sorted = times_;
  std::sort(sorted.begin(), sorted.end());
  return sorted[kEnough / 2];
}

int TeamTrial::choose(int most) {
  if (most != most_) {
    *this = {};
    most_ = most;
    size_ = most;
    allowed_ = kAtFirst;
  }
  return tried_ == 0 ? size_ : tried_;
}

int TeamTrial::other_size() const {
  const bool smaller = size_ == most_ || (smaller_ && size_ > 1);
  return smaller ? size_ / 2 : std::min(2 * size_, most_);
}

void TeamTrial::note(double seconds) {
  if (most_ == 1) return;
  if (tried_ == 0) allowed_ += kShare * seconds;
  if (skipped_ < kSkipped) {
    ++skipped_;
    return;
  }
  Times& times = tried_ == 0 ? usual_ : in_trial_;
  times.add(seconds);
  if (!times.are_enough()) return;
  if (tried_ != 0) {
    end_trial();
    return;
  }
  // Half as many threads take twice the time at most.
  if (allowed_ < kRounds * usual_.median()) return;
  tried_ = other_size();
  skipped_ = 0;
  in_trial_.clear();
}

void TeamTrial::end_trial() {
  const double lost = in_trial_.median() - usual_.median();
  if (in_trial_.median() < kFaster * usual_.median()) {
    size_ = tried_;
    // The next trial follows at once: it goes on in that direction or, from one thread, back.
    allowed_ = std::numeric_limits<double>::infinity();
  } else {
    smaller_ = !smaller_;
    allowed_ = -kRounds * std::max(lost, 0.0);
  }
  tried_ = 0;
  skipped_ = 0;
  usual_.clear();
}

}  // namespace unroll
