#pragma once
/// Signals with their labels, and the files they are read from.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "ctc/decode.h"

namespace ctc {

/// A signal, some numbers for each frame, and its labels.
struct Signal {
  std::vector<std::vector<float>> frames;
  Labels labels;  // numbers from 1
  Path path;      // the symbol at each frame, where it is known: of built-in signals
};

struct Signals {
  std::vector<std::string> names;  // of the symbols: the blank's, then those of the labels
  std::vector<Signal> signals;     // all with equally many numbers a frame
  std::string description;         // of the source

  [[nodiscard]] std::int64_t inputs() const;  // numbers a frame
};

/// How the blank is printed.
inline constexpr const char* kBlankName = "·";

/// Reads a file with an object of JSON a line, {"signal": [[0.1, 0.2], ...], "labels": ["a", ...]};
/// a label is a text or a whole number. `names`: the symbols that are known already, others are an
/// error then; without any, the labels are numbered in the order of their bytes. With
/// `labels_needed` false a line may have no labels. Throws unroll::IoError, naming file and line,
/// for a line that is no such object, frames of different sizes, and a signal with too few frames
/// for its labels.
[[nodiscard]] Signals read_signals(const std::string& path,
                                   const std::vector<std::string>& names = {},
                                   bool labels_needed = true);

}  // namespace ctc
