#pragma once
/// A training saved now and then, whatever happens to the disk.

#include <unroll/core/files.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace examples {

/// Where a training is saved, and how often besides the end of every epoch.
struct SaveOptions {
  std::string program{};            // that warns
  std::string path{};               // empty: nowhere
  std::int64_t every_steps = 0;     // 0: not by steps
  std::chrono::seconds every{300};  // 0: not by time
  int keep = 0;                     // older ones kept as path.1, path.2, ..., the newest first
};

/// Saves a training. While it lives no other run has a Saver of the same file: unroll::IoError.
class Saver {
 public:
  explicit Saver(SaveOptions options);

  /// Counts a step, and says whether it is time to save.
  [[nodiscard]] bool is_due();
  /// Lets `write` write the file of that path. Where it fails, standard error gets a warning: the
  /// training goes on, and the next time it is tried again.
  void save(const std::function<void(const std::string&)>& write);

  /// Whether the last save failed: the file, if there is one, is older than the training.
  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] const std::string& program() const { return options_.program; }
  [[nodiscard]] const std::string& path() const { return options_.path; }

 private:
  using Clock = std::chrono::steady_clock;
  void keep_older() const;

  SaveOptions options_;
  std::unique_ptr<unroll::FileLock> lock_;
  Clock::time_point last_ = Clock::now();
  std::int64_t steps_ = 0;  // since the last save
  bool failed_ = false;
};

}  // namespace examples
