#pragma once
/// Progress of long work: a line that rewrites itself on a terminal, plain lines elsewhere.

#include <chrono>
#include <cstdint>
#include <string>

namespace examples {

/// Shows how far a training is, on standard error.
class ProgressLine {
 public:
  /// "title: 40 %, loss 0.123, 55 units/s, 12 s left"
  ProgressLine(std::string title, std::string units);
  ~ProgressLine() { clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  /// `done` of `total` units, at a loss so far. Shown ten times a second on a terminal and
  /// every ten seconds elsewhere.
  void update(std::int64_t done, std::int64_t total, double loss);
  /// Removes the line from a terminal.
  void clear();

  /// Units a second since the beginning.
  [[nodiscard]] double speed(std::int64_t done) const;

 private:
  using Clock = std::chrono::steady_clock;
  std::string title_;
  std::string units_;
  bool terminal_;
  bool shown_ = false;
  std::int64_t first_ = -1;  // `done` at the first update: resumed work does not count as fast
  Clock::time_point start_ = Clock::now();
  Clock::time_point last_ = start_;
};

}  // namespace examples
