#pragma once
/// Ctrl-C as a request to stop well.

#include <atomic>

namespace examples {

/// Set from a signal handler: long work then stops after the step it is at.
extern std::atomic<bool> interrupted;

/// While it lives, Ctrl-C (and SIGTERM) sets `interrupted`; a second one stops at once.
class InterruptHandler {
 public:
  InterruptHandler();
  ~InterruptHandler();
  InterruptHandler(const InterruptHandler&) = delete;
  InterruptHandler& operator=(const InterruptHandler&) = delete;
};

}  // namespace examples
