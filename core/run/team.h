#pragma once
/// Threads that work on one plan together.

#include <unroll/core/run/threads.h>

#include <atomic>
#include <functional>

namespace unroll {

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

 private:
  Shared& shared_;
  int thread_;
  int size_;
};

/// Runs `work` on `threads` threads at once. What the first of them throws is thrown again here.
void run_team(int threads, const std::function<void(Team&)>& work);

}  // namespace unroll
