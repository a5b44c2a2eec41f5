#include <unroll/core/run/team_trial.h>

#include <algorithm>

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

void TeamTrial::note(double seconds, double operations) {
  if (most_ == 1) return;
  const double time = seconds / operations;
  if (tried_ == 0) {
    usual_.add(time);
    allowed_ += kShare * seconds;
    if (!usual_.are_enough()) return;
    // Half as many threads take twice the time at most.
    const double price = kRounds * usual_.median() * operations;
    allowed_ = std::min(allowed_, std::max(price, kAtFirst));
    if (allowed_ < price) return;
    tried_ = other_size();
    skipped_ = 0;
    in_trial_.clear();
    return;
  }
  if (skipped_ < kSkipped) {
    ++skipped_;
    return;
  }
  in_trial_.add(time);
  if (!in_trial_.are_enough()) return;
  smaller_ = tried_ > size_;  // the other way the next time; after a success, back
  const double lost = in_trial_.median() - usual_.median();
  if (in_trial_.median() < kFaster * usual_.median()) {
    size_ = tried_;
  } else {
    allowed_ = -kRounds * std::max(lost, 0.0) * operations;
  }
  tried_ = 0;
  usual_.clear();
}

}  // namespace unroll
