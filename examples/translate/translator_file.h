#pragma once
/// A translator in a file.

#include <memory>
#include <string>

#include "common/training.h"
#include "translate/task.h"

namespace translate {

/// What a translator is trained on.
struct DataSettings {
  std::vector<std::string> paths;  // none: built-in pairs
  std::vector<std::string> test;   // none: a part of those
  std::int64_t pairs = 0;          // built-in ones
  std::int64_t longest = 0;        // words of a sentence to train on
};

/// The settings and words to make it again, and the data it is trained on.
[[nodiscard]] nlohmann::json describe(const Translator& translator, const DataSettings& data);
/// A translator as a file describes it, with random parameters; unroll::IoError, naming the file,
/// where it describes none.
[[nodiscard]] std::unique_ptr<Translator> make_translator(const examples::TrainedModel& file,
                                                          const std::string& path);
[[nodiscard]] DataSettings data_of(const examples::TrainedModel& file, const std::string& path);

/// A translator with the parameters it was best with. `built_in`: it is for built-in pairs;
/// unroll::Error where it was trained on others.
[[nodiscard]] std::unique_ptr<Translator> load_translator(const std::string& path,
                                                          bool built_in = false);

}  // namespace translate
