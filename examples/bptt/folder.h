#pragma once
/// Where a chapter's pictures and pages go.

#include <string>
#include <string_view>
#include <vector>

#include "common/chart.h"
#include "common/heat_map.h"

namespace bptt {

/// A folder for files; or none, and nothing is written.
class Folder {
 public:
  /// The folder `path`; the empty path is none.
  explicit Folder(std::string path = {}) : path_(std::move(path)) {}

  /// Makes the folder, if one is given; IoError where that, or writing into it, cannot be done.
  void make() const;
  /// Whether there is a folder. Without one, chapters need not draw pictures.
  [[nodiscard]] bool is_given() const { return !path_.empty(); }
  /// Writes `bytes` as the file `name` and says so. IoError where that cannot be done.
  void write(std::string_view name, std::string_view bytes) const;
  /// Writes a picture, chart or heat map as `name`.svg and `name`.png.
  void write(std::string_view name, const examples::Picture& picture) const;
  void write(std::string_view name, const examples::Chart& chart) const;
  void write(std::string_view name, const examples::HeatMap& map) const;
  /// The names of all files written so far, in order.
  [[nodiscard]] const std::vector<std::string>& written() const { return written_; }
  /// Where the file `name` lies.
  [[nodiscard]] std::string path_of(std::string_view name) const;

 private:
  std::string path_;
  mutable std::vector<std::string> written_;
};

}  // namespace bptt
