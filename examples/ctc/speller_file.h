#pragma once
/// A speller in a file.

#include <memory>
#include <string>

#include "common/training.h"
#include "ctc/task.h"

namespace ctc {

/// The signals that a speller is trained on.
struct DataSettings {
  std::string data;          // empty: built-in signals
  std::string test;          // empty: a part of those
  std::int64_t signals = 0;  // built-in ones
};

/// The settings and words to make it again, and the data it is trained on.
[[nodiscard]] nlohmann::json describe(const Speller& speller, const DataSettings& data);
/// A speller as a file describes it, with random parameters; unroll::IoError, naming the file,
/// where it describes none.
[[nodiscard]] std::unique_ptr<Speller> make_speller(const examples::TrainedModel& file,
                                                    const std::string& path);
/// The signals a file was trained on.
[[nodiscard]] DataSettings data_of(const examples::TrainedModel& file, const std::string& path);

/// A speller with the parameters it was best with. `built_in`: it is for built-in signals;
/// unroll::Error where it was trained on others.
[[nodiscard]] std::unique_ptr<Speller> load_speller(const std::string& path, bool built_in = false);

}  // namespace ctc
