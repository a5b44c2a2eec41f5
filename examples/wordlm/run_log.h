#pragma once
/// The reports of a training: lines of JSON, for other programs to read and `wordlm plot` to draw,
/// and event files for TensorBoard.

#include <fstream>
#include <string>
#include <vector>

#include "common/chart.h"
#include "wordlm/checkpoint.h"
#include "wordlm/tensorboard.h"

namespace wordlm {

/// A line of a log: where a training stands after an epoch, or before the first.
struct Report {
  std::int64_t epoch = 0;
  std::int64_t step = 0;        // in all
  double loss = 0;              // held out, or without a held-out part of the training sentences
  double training_loss = 0;     // the mean over the epoch, while the weights changed; 0: none
  double gradient_norm = 0;     // the mean over the epoch's steps, before clipping
  double learning_rate = 0;     // of the epoch
  double words_per_second = 0;  // while training
  double memory_mb = 0;         // the most the process has had
  bool held_out = true;         // whether `loss` is that of a held-out part
};

/// Remembers the reports of a training, appends them to a file, a line at a time, and writes them
/// as events for TensorBoard: what a killed training has written stays.
class RunLog {
 public:
  /// Appends to `path`, and writes a new event file into the folder `tensorboard`; an empty path
  /// writes nothing. unroll::IoError where a file cannot be opened.
  explicit RunLog(const std::string& path, const std::string& tensorboard = "");

  /// A line with the settings, which begins a training or goes on with one.
  void begin(const Checkpoint& checkpoint);
  void add(const Report& report);
  /// Whether reports are written anywhere.
  [[nodiscard]] bool is_on() const { return writes_lines() || events_.is_on(); }
  /// Whether there is a file of lines.
  [[nodiscard]] bool writes_lines() const { return !path_.empty(); }
  /// Where the training stood when it began or was gone on with, if it had been measured, and every
  /// report since.
  [[nodiscard]] const std::vector<Report>& reports() const { return reports_; }

 private:
  void add_line(const Report& report);
  void add_events(const Report& report);
  void write_line(const std::string& line);

  std::string path_;
  std::ofstream file_;
  EventFile events_;
  std::vector<Report> reports_;
};

/// The reports of a log, in its order; of an epoch that was trained twice the last. An unfinished
/// last line is ignored. unroll::IoError, naming the line, for a file that is not a log.
[[nodiscard]] std::vector<Report> read_log(const std::string& path);

/// The losses of several logs over the epochs: held out, and while training.
[[nodiscard]] examples::Chart chart_of(const std::vector<std::string>& logs);

}  // namespace wordlm
