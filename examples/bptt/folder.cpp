#include "bptt/folder.h"

#include <unroll/core/error.h>
#include <unroll/core/files.h>

#include <filesystem>

#include "common/output.h"

namespace bptt {

std::string Folder::path_of(std::string_view name) const {
  return (std::filesystem::path(path_) / name).string();
}

void Folder::make() const {
  if (!is_given()) return;
  std::error_code error;
  std::filesystem::create_directories(path_, error);
  if (error) {
    unroll::fail<unroll::IoError>("{}: the folder cannot be made: {}", path_, error.message());
  }
  unroll::check_can_write(path_of("page.html"));
}

void Folder::write(std::string_view name, std::string_view bytes) const {
  if (!is_given()) return;
  make();
  unroll::write_file(path_of(name), bytes);
  written_.emplace_back(name);
  examples::say("written: {}\n", path_of(name));
}

void Folder::write(std::string_view name, const examples::Picture& picture) const {
  if (!is_given()) return;
  write(std::string(name) + ".svg", examples::to_svg(picture));
  write(std::string(name) + ".png", examples::to_png(picture));
}

void Folder::write(std::string_view name, const examples::Chart& chart) const {
  write(name, examples::picture_of(chart));
}

void Folder::write(std::string_view name, const examples::HeatMap& map) const {
  write(name, examples::picture_of(map));
}

}  // namespace bptt
