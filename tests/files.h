#pragma once
/// Files for tests: made up ones, and the sample of comments where it is at hand.

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

namespace unroll::testing {

/// A file of the given content, gone with the object.
class TemporaryFile {
 public:
  TemporaryFile(std::string_view extension, std::string_view content)
      : path_((std::filesystem::temp_directory_path() /
               fmt::format("unroll-{}-{}{}", getpid(), count_++, extension))
                  .string()) {
    std::ofstream file(path_, std::ios::binary);
    file.write(content.data(), static_cast<std::streamsize>(content.size()));
  }
  ~TemporaryFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  static inline int count_ = 0;
  std::string path_;
};

/// A folder of its own, gone with the object.
class Folder {
 public:
  Folder() : path_(TemporaryFile(".folder", "").path()) {
    std::filesystem::create_directory(path_);
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::ptrdiff_t entries() const {
    return std::distance(std::filesystem::directory_iterator(path_), {});
  }

 private:
  std::string path_;
};

/// A file in the folder that the environment variable UNROLL_DATA names or in `../shared/data`;
/// nothing, and a printed line, where it is missing.
inline std::optional<std::string> data_path(const std::string& name) {
  const char* folder = std::getenv("UNROLL_DATA");
  const auto path =
      std::filesystem::path(folder ? folder : UNROLL_SOURCE_DIR "/../shared/data") / name;
  if (std::filesystem::exists(path)) return path.string();
  fmt::print("skipped: there is no {}; set UNROLL_DATA to its folder\n", path.string());
  return std::nullopt;
}

/// The sample of reddit comments.
inline std::optional<std::string> sample_path() { return data_path("reddit-comments-sample.csv"); }

}  // namespace unroll::testing
