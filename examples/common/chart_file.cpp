#include "common/chart_file.h"

#include <unroll/core/error.h>
#include <unroll/core/files.h>

#include <filesystem>

namespace examples {

void write_chart(const Chart& chart, const std::string& path) {
  const std::string ending = std::filesystem::path(path).extension().string();
  if (ending == ".svg") {
    unroll::write_file(path, to_svg(chart));
  } else if (ending == ".png") {
    unroll::write_file(path, to_png(chart));
  } else {
    unroll::fail<unroll::Error>("{}: a chart is written as .svg or .png", path);
  }
}

}  // namespace examples
