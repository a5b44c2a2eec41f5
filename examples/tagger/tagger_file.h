#pragma once
/// A tagger in a file.

#include <memory>
#include <string>

#include "common/training.h"
#include "tagger/task.h"

namespace tagger {

/// The sentences that a tagger is trained on.
struct DataSettings {
  std::string data;            // empty: built-in sentences
  std::string test;            // empty: a part of those
  std::int64_t sentences = 0;  // built-in ones
};

/// The settings, words and tags to make a tagger of, and the sentences it is trained on.
[[nodiscard]] nlohmann::json describe(const Tagger& tagger, const DataSettings& data);
/// A tagger as a file describes it, with random parameters; unroll::IoError, naming the file, where
/// it describes none.
[[nodiscard]] std::unique_ptr<Tagger> make_tagger(const examples::TrainedModel& file,
                                                  const std::string& path);
[[nodiscard]] DataSettings data_of(const examples::TrainedModel& file, const std::string& path);

/// A tagger with the parameters it was best with. `built_in`: it is for built-in sentences;
/// unroll::Error where it was trained on others.
[[nodiscard]] std::unique_ptr<Tagger> load_tagger(const std::string& path, bool built_in = false);

}  // namespace tagger
