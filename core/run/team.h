#pragma once
/// Threads that work on one plan together.

#include <unroll/core/run/threads.h>

#include <atomic>
#include <functional>

namespace unroll {

/// The time of a team's work, in seconds.
struct TeamTime {
  double elapsed = 0;   // from its begin to its end
  double working = 0;   // summed over threads: on a core, and not waiting for each other
  double off_core = 0;  // summed over threads: without a core, while other programs have it
};

/// A team at work: `size` threads of which this is number `thread`.
class Team {
 public:
  struct Shared {
    std::atomic<int> arrived{0};
    std::atomic<unsigned> round{0};
    std::atomic<bool> failed{false};
    std::atomic<bool> stop{false};
  };
  Team(Shared& shared, int thread, int size) : shared_(shared), thread_(thread), size_(size) {}

  [[nodiscard]] int thread() const { return thread_; }
  [[nodiscard]] int size() const { return size_; }
  /// Waits until all threads of the team have come here. Returns false where one of them has
  /// failed: then there is nothing left to do.
  bool barrier();
  /// Makes barrier() return false for all threads.
  void fail() { shared_.failed.store(true, std::memory_order_relaxed); }
  /// Seconds on a core in which this thread waited for others.
  [[nodiscard]] double waited() const { return waited_; }

 private:
  Shared& shared_;
  int thread_;
  int size_;
  double waited_ = 0;
};

/// Seconds that the calling thread has been on a core.
[[nodiscard]] double seconds_on_core();

/// Runs `work` on `threads` threads at once and returns the time it took, zeros for one thread. The
/// exception of the first thread that has one is thrown again here.
TeamTime run_team(int threads, const std::function<void(Team&)>& work);

}  // namespace unroll
