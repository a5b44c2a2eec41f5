#include <omp.h>
#include <pthread.h>
#include <unroll/core/error.h>
#include <unroll/core/run/team.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <mutex>
#include <thread>

namespace unroll {
namespace {

int cores() { return static_cast<int>(std::max(1U, std::thread::hardware_concurrency())); }

int threads_at_first() {
  const char* const text = std::getenv("UNROLL_THREADS");
  if (text == nullptr || *text == '\0') return cores();
  char* end = nullptr;
  const long threads = std::strtol(text, &end, 10);
  if (end == text || *end != '\0' || threads < 0 || threads > 1024) {
    fail<Error>("UNROLL_THREADS is '{}': expected a number of threads, or 0 for all cores", text);
  }
  return threads == 0 ? cores() : static_cast<int>(threads);
}

std::atomic<int>& setting() {
  static std::atomic<int> threads = threads_at_first();
  return threads;
}

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Lets the core rest for some cycles.
void pause_core() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// Whether this process was forked off one whose threads had worked: it has none of them, and
/// OpenMP would wait for them.
std::atomic<bool>& has_lost_threads() {
  static std::atomic<bool> lost = false;
  [[maybe_unused]] static const int registered =
      pthread_atfork(nullptr, nullptr, [] { has_lost_threads() = true; });
  return lost;
}

}  // namespace

void set_threads(int threads) {
  if (threads < 0) fail<Error>("{} threads: expected 1 or more, or 0 for all cores", threads);
  setting() = threads == 0 ? cores() : threads;
}

int threads() { return setting(); }

double seconds_on_core() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

bool Team::barrier() {
  if (size_ == 1) return !shared_.failed.load(std::memory_order_relaxed);
  constexpr int kSpins = 4000;
  const unsigned round = shared_.round.load(std::memory_order_relaxed);
  if (shared_.arrived.fetch_add(1, std::memory_order_acq_rel) + 1 == size_) {
    // All see the same: whether somebody had failed when the last one came.
    shared_.stop.store(shared_.failed.load(std::memory_order_relaxed), std::memory_order_relaxed);
    shared_.arrived.store(0, std::memory_order_relaxed);
    shared_.round.store(round + 1, std::memory_order_release);
  } else {
    const auto is_complete = [&] { return shared_.round.load(std::memory_order_acquire) != round; };
    const auto begun = Clock::now();
    int spins = 0;
    while (!is_complete() && spins++ < kSpins) pause_core();
    waited_ += seconds_since(begun);
    if (!is_complete()) {
      // The thread that is missing may be waiting for this core: let it run.
      const double before = seconds_on_core();
      while (!is_complete()) std::this_thread::yield();
      waited_ += seconds_on_core() - before;
    }
  }
  return !shared_.stop.load(std::memory_order_relaxed);
}

TeamTime run_team(int threads, const std::function<void(Team&)>& work) {
  Team::Shared shared;
  TeamTime time;
  if (threads <= 1 || has_lost_threads()) {
    Team team(shared, 0, 1);
    work(team);
    return time;
  }
  const auto team_begun = Clock::now();
  std::mutex mutex;
  std::exception_ptr error;
  int error_of = threads;
  // What is in memory is handed over here as well as by OpenMP, in a way that the thread sanitizer
  // sees.
  static std::atomic<unsigned> begun{0};
  static std::atomic<unsigned> ended{0};
  begun.fetch_add(1, std::memory_order_release);
#pragma omp parallel num_threads(threads)
  {
    (void)begun.load(std::memory_order_acquire);
    Team team(shared, omp_get_thread_num(), omp_get_num_threads());
    const auto thread_begun = Clock::now();
    const double before = seconds_on_core();
    try {
      work(team);
    } catch (...) {
      {
        const std::lock_guard lock(mutex);
        if (team.thread() < error_of) error = std::current_exception();
        error_of = std::min(error_of, team.thread());
      }
      team.fail();
      (void)team.barrier();
    }
    {
      const double on_core = seconds_on_core() - before;
      const std::lock_guard lock(mutex);
      time.working += on_core - team.waited();
      time.off_core += std::max(0.0, seconds_since(thread_begun) - on_core);
    }
    ended.fetch_add(1, std::memory_order_release);
  }
  (void)ended.load(std::memory_order_acquire);
  if (error) std::rethrow_exception(error);
  time.elapsed = seconds_since(team_begun);
  return time;
}

}  // namespace unroll
