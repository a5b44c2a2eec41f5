#pragma once
/// Charts of curves, as pictures.

#include <optional>
#include <string>
#include <vector>

#include "common/picture.h"

namespace examples {

struct ChartPoint {
  double x;
  double y;
};

/// One curve, and its line in the legend: "name   note". Points that are not finite are left out,
/// and so are those a logarithmic axis has no place for.
struct Curve {
  std::string name;
  std::string note = {};
  std::vector<ChartPoint> points = {};
};

/// A horizontal line to compare with: what guessing gives, what cannot be beaten.
struct Level {
  std::string name;
  double y;
};

/// Curves over a common axis. The first curve is drawn thickest and on top, and the legend, to the
/// right, keeps their order.
struct Chart {
  std::string title;
  std::string subtitle;
  std::string x_label;
  std::string y_label;
  bool logarithmic = false;          // the y axis
  std::optional<double> y_max = {};  // what is above is cut off; without it everything is shown
  std::vector<Curve> curves = {};
  std::vector<Level> levels = {};
};

inline constexpr int kChartWidth = 1200;  // of an SVG in points, of a PNG in pixels
inline constexpr int kChartHeight = 800;

/// The chart, to be written as SVG or PNG.
[[nodiscard]] Picture picture_of(const Chart& chart);
[[nodiscard]] inline std::string to_svg(const Chart& chart) { return to_svg(picture_of(chart)); }
[[nodiscard]] inline std::string to_png(const Chart& chart) { return to_png(picture_of(chart)); }
/// Writes a chart; the ending, .svg or .png, says as what. unroll::Error for another one.
inline void write_chart(const Chart& chart, const std::string& path) {
  write_picture(picture_of(chart), path);
}

}  // namespace examples
