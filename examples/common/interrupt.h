#pragma once
/// Ctrl-C as a request to stop well.

#include <array>
#include <atomic>

namespace examples {

/// Set from a signal handler: long work then stops after the step it is at.
extern std::atomic<bool> interrupted;

/// What long work throws that has nothing to give back when it is interrupted.
struct Interrupted {};
/// Throws Interrupted where `interrupted` is set.
inline void stop_if_interrupted() {
  if (interrupted) throw Interrupted{};
}

/// While it lives, Ctrl-C, SIGTERM and a terminal that hangs up set `interrupted`; a second Ctrl-C
/// or SIGTERM stops at once. A signal that is ignored, as nohup ignores the hang-up, stays ignored.
class InterruptHandler {
 public:
  InterruptHandler();
  ~InterruptHandler();
  InterruptHandler(const InterruptHandler&) = delete;
  InterruptHandler& operator=(const InterruptHandler&) = delete;

 private:
  std::array<bool, 3> ours_{};  // the signals that are not ignored
};

}  // namespace examples
