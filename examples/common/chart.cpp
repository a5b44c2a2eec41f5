#include "common/chart.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "common/canvas.h"
#include "common/chart_axis.h"

namespace examples {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Eight colours that stay apart for most eyes, times five kinds of line: forty curves.
constexpr std::array<Colour, 8> kColours = {{{0.00, 0.35, 0.71},
                                             {0.84, 0.29, 0.05},
                                             {0.05, 0.52, 0.30},
                                             {0.56, 0.20, 0.60},
                                             {0.78, 0.56, 0.00},
                                             {0.15, 0.62, 0.75},
                                             {0.80, 0.25, 0.45},
                                             {0.40, 0.35, 0.30}}};
const std::array<std::vector<double>, 5> kDashes = {{{}, {8, 4}, {2, 3}, {10, 3, 2, 3}, {4, 2}}};

// The plot itself, and the legend to its right.
constexpr double kLeft = 92;
constexpr double kTop = 100;
constexpr double kRight = 890;
constexpr double kBottom = 724;
constexpr double kLegendLeft = 916;
constexpr double kLegendRight = 1172;

/// Draws one chart in one context.
class Drawing : Canvas {
 public:
  Drawing(cairo_t* context, const Chart& chart)
      : Canvas(context), chart_(chart), x_(x_axis()), y_(y_axis()) {}

  void draw() {
    clear();
    draw_titles();
    draw_grid();
    draw_curves();
    draw_levels();
    draw_legend();
  }

 private:
  /// Whether a point has a place on the chart, however far outside.
  [[nodiscard]] bool has_place(const ChartPoint& point) const {
    return std::isfinite(point.x) && std::isfinite(point.y) && (!chart_.logarithmic || point.y > 0);
  }

  [[nodiscard]] Axis x_axis() const {
    double low = kInfinity;
    double high = -kInfinity;
    for (const Curve& curve : chart_.curves) {
      for (const ChartPoint& point : curve.points) {
        if (!std::isfinite(point.x)) continue;
        low = std::min(low, point.x);
        high = std::max(high, point.x);
      }
    }
    if (!(high >= low)) return {};
    // Curves begin and end at the edges of the plot, whether or not those are round.
    return high > low ? Axis{low, high, false} : round_axis(low, high, false);
  }

  [[nodiscard]] Axis y_axis() const {
    double low = chart_.logarithmic ? kInfinity : 0;
    double high = -kInfinity;
    const auto include = [&](double y) {
      if (!has_place({0, y})) return;
      low = std::min(low, y);
      high = std::max(high, y);
    };
    for (const Curve& curve : chart_.curves) {
      for (const ChartPoint& point : curve.points) include(point.y);
    }
    for (const Level& level : chart_.levels) include(level.y);
    if (chart_.y_max) high = std::min(high, *chart_.y_max);
    if (!(high >= low)) return chart_.logarithmic ? Axis{0.1, 1, true} : Axis{};
    return round_axis(low, high, chart_.logarithmic);
  }

  [[nodiscard]] double place_x(double x) const { return kLeft + (kRight - kLeft) * x_.place(x); }
  [[nodiscard]] double place_y(double y) const { return kBottom - (kBottom - kTop) * y_.place(y); }

  void draw_titles() {
    set(kInk);
    font(25, Weight::bold);
    write(kLeft, 46, fitted(chart_.title, kLegendRight - kLeft));
    set(kGrey);
    font(15);
    write(kLeft, 73, fitted(chart_.subtitle, kLegendRight - kLeft));
  }

  void draw_grid() {
    cairo_set_line_width(cr_, 1);
    set_dash({});
    font(13.5);
    for (const Tick& tick : round_ticks(y_)) {
      const double y = std::round(place_y(tick.value)) + 0.5;  // on a pixel, so that it is sharp
      set(kGrid);
      line(kLeft, y, kRight, y);
      set(kGrey);
      write(kLeft - 10, y + 4.5, tick.label, Align::right);
    }
    for (const Tick& tick : round_ticks(x_)) {
      const double x = std::round(place_x(tick.value)) + 0.5;
      set(kGrey);
      line(x, kBottom, x, kBottom + 6);
      write(x, kBottom + 23, tick.label, Align::centre);
    }
    line(kLeft, kBottom + 0.5, kRight, kBottom + 0.5);
    set(kInk);
    font(14.5);
    write((kLeft + kRight) / 2, kBottom + 50, chart_.x_label, Align::centre);
    write_upwards(26, (kTop + kBottom) / 2, chart_.y_label);
  }

  [[nodiscard]] bool is_inside(const Level& level) const {
    return has_place({0, level.y}) && y_.place(level.y) >= 0 && y_.place(level.y) <= 1;
  }

  /// Whether the right half of the curves runs more above `level` than below, where the place is
  /// for its name.
  [[nodiscard]] bool curves_are_above(const Level& level) const {
    std::ptrdiff_t above = 0;
    for (const Curve& curve : chart_.curves) {
      for (const ChartPoint& point : curve.points) {
        if (has_place(point) && x_.place(point.x) > 0.5) above += point.y > level.y ? 1 : -1;
      }
    }
    return above > 0;
  }

  /// After the curves, and their names on a patch of paper, so that no curve runs through them.
  void draw_levels() {
    font(13.5);
    cairo_set_line_width(cr_, 1.5);
    for (const Level& level : chart_.levels) {
      if (!is_inside(level)) continue;
      const double y = place_y(level.y);
      const double width = width_of(level.name);
      set(kInk, 0.75);
      set_dash({6, 5});
      line(kLeft, y, kRight, y);
      set_dash({});
      set(kPaper, 0.85);
      const double base = curves_are_above(level) ? y + 17 : y - 7;
      cairo_rectangle(cr_, kRight - width - 8, base - 13, width + 8, 17);
      cairo_fill(cr_);
      set(kInk);
      write(kRight - 4, base, level.name, Align::right);
    }
  }

  void set_curve(std::size_t i) {
    set(kColours[i % kColours.size()]);
    set_dash(kDashes[i / kColours.size() % kDashes.size()]);
    cairo_set_line_width(cr_, i == 0 ? 3.6 : 1.9);
  }

  void draw_curves() {
    cairo_save(cr_);
    cairo_rectangle(cr_, kLeft, kTop - 4, kRight - kLeft + 4, kBottom - kTop + 6);
    cairo_clip(cr_);
    cairo_set_line_join(cr_, CAIRO_LINE_JOIN_ROUND);
    for (std::size_t i = chart_.curves.size(); i-- > 0;) {
      set_curve(i);
      cairo_new_path(cr_);
      for (const ChartPoint& point : chart_.curves[i].points) {
        if (has_place(point)) cairo_line_to(cr_, place_x(point.x), place_y(point.y));
      }
      cairo_stroke(cr_);
    }
    cairo_restore(cr_);
    for (std::size_t i = chart_.curves.size(); i-- > 0;) draw_dot(i);
  }

  /// A curve of one point has no line: a dot stands for it.
  void draw_dot(std::size_t i) {
    std::vector<ChartPoint> points = chart_.curves[i].points;
    std::erase_if(points, [&](const ChartPoint& point) { return !has_place(point); });
    if (points.size() != 1 || y_.place(points[0].y) > 1) return;
    constexpr double kRadius = 5;
    set_curve(i);
    cairo_new_path(cr_);
    cairo_arc(cr_, place_x(points[0].x), place_y(points[0].y), kRadius, 0, 4 * std::acos(0.0));
    cairo_fill(cr_);
  }

  void draw_legend() {
    if (chart_.curves.empty()) return;
    const auto count = static_cast<double>(chart_.curves.size());
    const double row = std::min(26.0, (kBottom - kTop) / count);
    const double size = std::min(14.5, 0.78 * row);
    for (std::size_t i = 0; i < chart_.curves.size(); ++i) {
      const Curve& curve = chart_.curves[i];
      const double y = kTop + row * (static_cast<double>(i) + 0.5);
      set_curve(i);
      line(kLegendLeft, y, kLegendLeft + 36, y);
      set(kInk);
      font(size, i == 0 ? Weight::bold : Weight::normal);
      const double note = width_of(curve.note);
      write(kLegendRight, y + 0.35 * size, curve.note, Align::right);
      write(kLegendLeft + 46, y + 0.35 * size,
            fitted(curve.name, kLegendRight - note - 10 - (kLegendLeft + 46)));
    }
    set_dash({});
  }

  const Chart& chart_;
  Axis x_;
  Axis y_;
};

}  // namespace

Picture picture_of(const Chart& chart) {
  return {kChartWidth, kChartHeight, [chart](cairo_t* context) { Drawing(context, chart).draw(); }};
}

}  // namespace examples
