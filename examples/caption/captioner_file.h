#pragma once
/// A captioner in a file.

#include <memory>
#include <string>

#include "caption/task.h"
#include "common/training.h"

namespace caption {

/// The scenes that a captioner is trained on.
struct DataSettings {
  std::string data;         // empty: built-in scenes
  std::string test;         // empty: a part of those
  std::int64_t scenes = 0;  // built-in ones
};

/// The settings and words to make it again, and the data it is trained on.
[[nodiscard]] nlohmann::json describe(const Captioner& captioner, const DataSettings& data);
/// A captioner as a file describes it, with random parameters; unroll::IoError, naming the file,
/// where it describes none.
[[nodiscard]] std::unique_ptr<Captioner> make_captioner(const examples::TrainedModel& file,
                                                        const std::string& path);
/// The scenes a file was trained on.
[[nodiscard]] DataSettings data_of(const examples::TrainedModel& file, const std::string& path);

/// A captioner with the parameters it was best with. `built_in`: it is for built-in scenes;
/// unroll::Error where it was trained on others.
[[nodiscard]] std::unique_ptr<Captioner> load_captioner(const std::string& path,
                                                        bool built_in = false);

}  // namespace caption
