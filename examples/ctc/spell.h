#pragma once
/// A signal as a speller reads it: labels, and where they are said.

#include <string>

#include "common/chart.h"
#include "ctc/task.h"

namespace ctc {

/// A signal, decoded.
struct Spelling {
  Rows log_probabilities;  // of each symbol at each frame
  Path best;               // the best path
  Labelling likeliest;     // of prefix beam search
};
[[nodiscard]] Spelling spell(const Speller& speller, const Signal& signal, std::size_t beam);

/// The symbols of a path, one for each frame: "··aa·b".
[[nodiscard]] std::string path_to_text(const Path& path, const std::vector<std::string>& names);
/// Labels, with spaces between them.
[[nodiscard]] std::string labels_to_text(const Labels& labels,
                                         const std::vector<std::string>& names);

/// The probability of each symbol over the frames, with that of the best path.
[[nodiscard]] examples::Chart chart_of(const Spelling& spelling,
                                       const std::vector<std::string>& names,
                                       const std::string& title);

}  // namespace ctc
