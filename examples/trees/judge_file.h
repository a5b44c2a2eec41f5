#pragma once
/// A judge of trees in a file.

#include <memory>
#include <string>

#include "common/training.h"
#include "trees/task.h"

namespace trees {

/// The trees that a judge is trained on.
struct DataSettings {
  std::string data;        // empty: built-in trees
  std::string test;        // empty: a part of those
  std::int64_t trees = 0;  // built-in ones
};

/// The settings and words to make a judge of, and the trees it is trained on.
[[nodiscard]] nlohmann::json describe(const Judge& judge, const DataSettings& data);
/// A judge as a file describes it, with random parameters; unroll::IoError, naming the file, where
/// it describes none.
[[nodiscard]] std::unique_ptr<Judge> make_judge(const examples::TrainedModel& file,
                                                const std::string& path);
[[nodiscard]] DataSettings data_of(const examples::TrainedModel& file, const std::string& path);

/// A judge with the parameters it was best with. `built_in`: it is for built-in trees;
/// unroll::Error where it was trained on others.
[[nodiscard]] std::unique_ptr<Judge> load_judge(const std::string& path, bool built_in = false);

}  // namespace trees
