#pragma once
/// A judge in a file.

#include <memory>
#include <string>

#include "common/training.h"
#include "sentiment/task.h"

namespace sentiment {

/// The data that a judge is trained on.
struct DataSettings {
  std::vector<std::string> paths;  // none: built-in reviews
  std::vector<std::string> test;   // none: a part of those
  std::string column;
  std::string label;
  std::int64_t reviews = 0;  // built-in ones
  int fold = 0;              // which of ten parts is held out
};

/// The settings, words and labels to make a judge of, and the data it is trained on.
[[nodiscard]] nlohmann::json describe(const Judge& judge, const DataSettings& data);
/// A judge as a file describes it, with random parameters; unroll::IoError, naming the file, where
/// it describes none.
[[nodiscard]] std::unique_ptr<Judge> make_judge(const examples::TrainedModel& file,
                                                const std::string& path);
[[nodiscard]] DataSettings data_of(const examples::TrainedModel& file, const std::string& path);

/// A judge with the parameters it was best with. `built_in`: it is for built-in reviews;
/// unroll::Error where it was trained on others.
[[nodiscard]] std::unique_ptr<Judge> load_judge(const std::string& path, bool built_in = false);

}  // namespace sentiment
