#pragma once
/// Matrices of numbers as colours, as pictures.

#include <optional>
#include <string>
#include <vector>

#include "common/chart.h"
#include "common/chart_axis.h"

namespace examples {

/// A line with a dot at each point, drawn over the colours.
struct HeatPath {
  std::string name;  // in the legend
  std::vector<ChartPoint> points;
};

/// One matrix. A value that is not finite is no cell: paper is left there. On a logarithmic scale
/// zero has the colour of the low end.
struct HeatPanel {
  std::string name;
  std::size_t columns = 0;
  std::size_t rows = 0;
  std::vector<double> values;  // rows x columns; the first row is the lowest
  std::vector<HeatPath> paths;

  [[nodiscard]] double at(std::size_t row, std::size_t column) const {
    return values[row * columns + column];
  }
};

/// Matrices over the same axes, with the same colours, from one to six.
struct HeatMap {
  std::string title;
  std::string subtitle;
  std::string x_label;
  std::string y_label;
  std::string value_label;    // what the colours stand for
  Axis x;                     // from the left edge of the first column to the right one of the last
  Axis y;                     // from the lower edge of the first row to the upper one of the last
  bool logarithmic = false;   // the colours
  std::optional<double> low;  // where they begin; without it at the least value
  std::optional<double> high;    // where they end; without it at the greatest
  std::vector<double> contours;  // values whose lines are drawn
  std::vector<HeatPanel> panels;
};

/// The scale of the colours: of `low` and `high`, or round numbers around all values.
[[nodiscard]] Axis scale_of(const HeatMap& map);

/// The pieces, each of two points, of the line along which the values of a panel are `level`, the
/// value of a cell taken in its middle (marching squares).
[[nodiscard]] std::vector<std::pair<ChartPoint, ChartPoint>> contour_of(const HeatMap& map,
                                                                        const HeatPanel& panel,
                                                                        double level);

/// The map as a picture of the size of a chart. unroll::Error where a panel has not rows x columns
/// values.
[[nodiscard]] Picture picture_of(const HeatMap& map);

}  // namespace examples
