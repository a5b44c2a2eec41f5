#pragma once
/// Progress of long work: a line that rewrites itself on a terminal, plain lines elsewhere.

#include <chrono>
#include <cstdint>
#include <string>

namespace examples {

/// A line on standard error that is shown again and again, as ProgressLine and WorkLine do: ten
/// times a second on a terminal, every ten seconds elsewhere.
class StatusLine {
 public:
  /// Nothing is shown before `first` has passed.
  explicit StatusLine(std::chrono::milliseconds first);
  ~StatusLine() { clear(); }
  StatusLine(const StatusLine&) = delete;
  StatusLine& operator=(const StatusLine&) = delete;

  /// Whether it is time to show it; if so, the next time is counted from now.
  [[nodiscard]] bool is_due();
  /// Shows the line; on a terminal that has no room for it, its `brief` form.
  void show(const std::string& text, const std::string& brief);
  /// Removes the line from a terminal.
  void clear();

 private:
  using Clock = std::chrono::steady_clock;
  bool terminal_;
  bool shown_ = false;
  Clock::time_point next_;
};

/// Shows how far a training is, on standard error.
class ProgressLine {
 public:
  /// "title: 40 %, loss 0.123, 55 units/s, 12 s left"
  ProgressLine(std::string title, std::string units);

  /// `done` of `total` units, at a loss so far.
  void update(std::int64_t done, std::int64_t total, double loss);
  /// Removes the line from a terminal.
  void clear() { line_.clear(); }

  /// Units a second since the beginning.
  [[nodiscard]] double speed(std::int64_t done) const;

 private:
  using Clock = std::chrono::steady_clock;
  std::string title_;
  std::string units_;
  StatusLine line_;
  std::int64_t first_ = -1;  // `done` at the first update: resumed work does not count as fast
  Clock::time_point start_ = Clock::now();
};

/// Shows on standard error how far work on many bytes is that takes longer than a second, and stops
/// it where `interrupted` is set.
class WorkLine {
 public:
  /// "title: 34 %, 10.5 MB/s, 2 min 10 s left", of `total` bytes; where that is 0, not known,
  /// "title: 120 MB, 10.5 MB/s".
  WorkLine(std::string title, std::int64_t total);

  /// Says that so many bytes are done in all. Throws Interrupted where `interrupted` is set.
  void advance_to(std::int64_t done);
  /// Says that so many more bytes are done. Throws as advance_to().
  void advance(std::size_t bytes) { advance_to(done_ + static_cast<std::int64_t>(bytes)); }

 private:
  using Clock = std::chrono::steady_clock;
  void show();

  std::string title_;
  std::int64_t total_;
  std::int64_t done_ = 0;
  std::int64_t next_ = 0;  // bytes from which on the clock is looked at again
  StatusLine line_;
  Clock::time_point start_ = Clock::now();
};

}  // namespace examples
