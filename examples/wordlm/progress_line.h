#pragma once
/// Progress of long work: a line that rewrites itself on a terminal, plain lines elsewhere.

#include <chrono>
#include <cstdint>
#include <string>

namespace wordlm {

/// Shows how far one epoch is, on standard error.
class ProgressLine {
 public:
  explicit ProgressLine(std::string title);
  ~ProgressLine() { clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  /// `done` of `total` words, at a mean loss so far. Shown ten times a second on a terminal and
  /// every ten seconds elsewhere.
  void update(std::int64_t done, std::int64_t total, double loss);
  /// Removes the line from a terminal.
  void clear();

  /// Words a second since the beginning.
  [[nodiscard]] double speed(std::int64_t done) const;

 private:
  using Clock = std::chrono::steady_clock;
  std::string title_;
  bool terminal_;
  bool shown_ = false;
  std::int64_t first_ = -1;  // `done` at the first update: resumed work does not count as fast
  Clock::time_point start_ = Clock::now();
  Clock::time_point last_ = start_;
};

}  // namespace wordlm
