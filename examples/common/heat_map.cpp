#include "common/heat_map.h"

#include <unroll/core/error.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "common/canvas.h"

namespace examples {
namespace {

// Viridis (van der Walt & Smith 2015, in the public domain): even steps of value look even, also to
// colour-blind eyes and in grey.
constexpr std::array<Colour, 9> kScale = {{{0.267, 0.005, 0.329},
                                           {0.279, 0.175, 0.483},
                                           {0.230, 0.322, 0.546},
                                           {0.173, 0.449, 0.558},
                                           {0.128, 0.567, 0.551},
                                           {0.158, 0.684, 0.502},
                                           {0.369, 0.789, 0.383},
                                           {0.678, 0.864, 0.190},
                                           {0.993, 0.906, 0.144}}};
constexpr std::array<Colour, 4> kPathColours = {
    {{0.80, 0.10, 0.10}, {0.05, 0.07, 0.10}, {0.05, 0.35, 0.80}, {0.55, 0.15, 0.60}}};

// All panels, and the legend to their right.
constexpr double kLeft = 92;
constexpr double kTop = 112;
constexpr double kRight = 900;
constexpr double kBottom = 724;
constexpr double kGap = 62;
constexpr double kBarLeft = 950;
constexpr double kBarWidth = 26;
constexpr double kLegendRight = 1172;

/// The colour of a place along the scale, from 0 to 1.
Colour colour_at(double place) {
  const double x = std::clamp(place, 0.0, 1.0) * (kScale.size() - 1);
  const auto i = std::min(static_cast<std::size_t>(x), kScale.size() - 2);
  const double part = x - static_cast<double>(i);
  const auto mix = [&](double Colour::*c) {
    return kScale[i].*c + part * (kScale[i + 1].*c - kScale[i].*c);
  };
  return {mix(&Colour::r), mix(&Colour::g), mix(&Colour::b)};
}

std::uint32_t pixel_of(const Colour& colour) {
  const auto byte = [](double c) { return static_cast<std::uint32_t>(std::lround(255 * c)); };
  return byte(colour.r) << 16 | byte(colour.g) << 8 | byte(colour.b);
}

/// A rectangle of the picture.
struct Box {
  double left, top, right, bottom;
  [[nodiscard]] double width() const { return right - left; }
  [[nodiscard]] double height() const { return bottom - top; }
};

/// Draws one heat map in one context.
class Drawing : Canvas {
 public:
  Drawing(cairo_t* context, const HeatMap& map) : Canvas(context), map_(map) {}

  void draw() {
    clear();
    draw_titles();
    for (std::size_t i = 0; i < map_.panels.size(); ++i) draw_panel(map_.panels[i], i);
    draw_bar();
    draw_legend();
  }

 private:
  void draw_titles() {
    set(kInk);
    font(25, Weight::bold);
    write(kLeft, 46, fitted(map_.title, kLegendRight - kLeft));
    set(kGrey);
    font(15);
    write(kLeft, 73, fitted(map_.subtitle, kLegendRight - kLeft));
  }

  [[nodiscard]] std::size_t across() const {
    const std::size_t count = map_.panels.size();
    return count <= 1 ? 1 : count <= 4 ? 2 : 3;
  }

  [[nodiscard]] std::size_t down() const { return (map_.panels.size() + across() - 1) / across(); }

  [[nodiscard]] Box box_of(std::size_t i) const {
    const auto columns = static_cast<double>(across());
    const auto rows = static_cast<double>(down());
    const double width = (kRight - kLeft - kGap * (columns - 1)) / columns;
    const double height = (kBottom - kTop - kGap * (rows - 1)) / rows;
    const double left = kLeft + static_cast<double>(i % across()) * (width + kGap);
    const double top = kTop + static_cast<double>(i / across()) * (height + kGap);
    return {std::round(left), std::round(top), std::round(left + width), std::round(top + height)};
  }

  [[nodiscard]] double place_x(const Box& box, double x) const {
    return box.left + box.width() * map_.x.place(x);
  }
  [[nodiscard]] double place_y(const Box& box, double y) const {
    return box.bottom - box.height() * map_.y.place(y);
  }

  void draw_panel(const HeatPanel& panel, std::size_t i) {
    const Box box = box_of(i);
    draw_cells(panel, box);
    cairo_save(cr_);
    cairo_rectangle(cr_, box.left, box.top, box.width(), box.height());
    cairo_clip(cr_);
    for (const double level : map_.contours) draw_contour(panel, box, level);
    for (std::size_t k = 0; k < panel.paths.size(); ++k) draw_path(panel.paths[k], box, k);
    cairo_restore(cr_);
    draw_frame(panel, box, i);
  }

  /// Pixel by pixel, so that a cell has sharp edges and a large matrix needs no large file.
  void draw_cells(const HeatPanel& panel, const Box& box) {
    const auto width = static_cast<std::size_t>(box.width());
    const auto height = static_cast<std::size_t>(box.height());
    const Axis scale = scale_of(map_);
    cairo_surface_t* const image = cairo_image_surface_create(
        CAIRO_FORMAT_RGB24, static_cast<int>(width), static_cast<int>(height));
    unsigned char* const bytes = cairo_image_surface_get_data(image);
    const auto stride = static_cast<std::size_t>(cairo_image_surface_get_stride(image));
    for (std::size_t py = 0; bytes != nullptr && py < height; ++py) {
      auto* const line = reinterpret_cast<std::uint32_t*>(bytes + py * stride);
      const std::size_t row = (height - 1 - py) * panel.rows / height;
      for (std::size_t px = 0; px < width; ++px) {
        const double value = panel.at(row, px * panel.columns / width);
        line[px] = pixel_of(std::isfinite(value) ? colour_of(scale, value) : kPaper);
      }
    }
    cairo_surface_mark_dirty(image);
    cairo_set_source_surface(cr_, image, box.left, box.top);
    cairo_paint(cr_);
    cairo_surface_destroy(image);
  }

  [[nodiscard]] static Colour colour_of(const Axis& scale, double value) {
    return colour_at(scale.logarithmic && value <= 0 ? 0 : scale.place(value));
  }

  void draw_contour(const HeatPanel& panel, const Box& box, double level) {
    set(kPaper, 0.6);
    set_dash({});
    cairo_set_line_width(cr_, 1);
    for (const auto& [from, to] : contour_of(map_, panel, level)) {
      cairo_move_to(cr_, place_x(box, from.x), place_y(box, from.y));
      cairo_line_to(cr_, place_x(box, to.x), place_y(box, to.y));
    }
    cairo_stroke(cr_);
  }

  void set_path(std::size_t k) {
    set(kPathColours[k % kPathColours.size()]);
    set_dash(k % 2 == 0 ? std::vector<double>{} : std::vector<double>{7, 4});
    cairo_set_line_width(cr_, 1.6);
  }

  void draw_path(const HeatPath& path, const Box& box, std::size_t k) {
    const auto trace = [&] {
      for (const ChartPoint& point : path.points) {
        cairo_line_to(cr_, place_x(box, point.x), place_y(box, point.y));
      }
      cairo_stroke(cr_);
    };
    set(kPaper, 0.85);  // a light edge: the line is seen on any colour
    set_dash({});
    cairo_set_line_width(cr_, 4.4);
    cairo_set_line_join(cr_, CAIRO_LINE_JOIN_ROUND);
    trace();
    set_path(k);
    trace();
    for (const ChartPoint& point : path.points) dot(place_x(box, point.x), place_y(box, point.y));
    draw_dots();
  }

  /// A line of no length with round ends: the shortest that SVG can say it.
  void dot(double x, double y) {
    cairo_move_to(cr_, x, y);
    cairo_line_to(cr_, x, y);
  }

  void draw_dots() {
    cairo_save(cr_);
    set_dash({});
    cairo_set_line_cap(cr_, CAIRO_LINE_CAP_ROUND);
    cairo_set_line_width(cr_, 4.8);
    cairo_stroke(cr_);
    cairo_restore(cr_);
  }

  void draw_frame(const HeatPanel& panel, const Box& box, std::size_t i) {
    set_dash({});
    cairo_set_line_width(cr_, 1);
    set(kGrey);
    cairo_rectangle(cr_, box.left - 0.5, box.top - 0.5, box.width() + 1, box.height() + 1);
    cairo_stroke(cr_);
    font(13.5);
    for (const Tick& tick : round_ticks(map_.x)) {
      const double x = std::round(place_x(box, tick.value)) + 0.5;
      line(x, box.bottom, x, box.bottom + 6);
      write(x, box.bottom + 22, tick.label, Align::centre);
    }
    for (const Tick& tick : round_ticks(map_.y)) {
      const double y = std::round(place_y(box, tick.value)) + 0.5;
      line(box.left - 6, y, box.left, y);
      write(box.left - 10, y + 4.5, tick.label, Align::right);
    }
    set(kInk);
    font(15, Weight::bold);
    write(box.left, box.top - 9, fitted(panel.name, box.width()));
    font(14.5);
    if (i + across() >= map_.panels.size()) {
      write((box.left + box.right) / 2, box.bottom + 46, map_.x_label, Align::centre);
    }
    if (i % across() == 0) write_upwards(30, (box.top + box.bottom) / 2, map_.y_label);
  }

  void draw_bar() {
    const Axis scale = scale_of(map_);
    const double bottom = kBottom - 180;
    cairo_pattern_t* const colours = cairo_pattern_create_linear(0, bottom, 0, kTop);
    for (std::size_t i = 0; i < kScale.size(); ++i) {
      cairo_pattern_add_color_stop_rgb(colours, static_cast<double>(i) / (kScale.size() - 1),
                                       kScale[i].r, kScale[i].g, kScale[i].b);
    }
    cairo_set_source(cr_, colours);
    cairo_rectangle(cr_, kBarLeft, kTop, kBarWidth, bottom - kTop);
    cairo_fill(cr_);
    cairo_pattern_destroy(colours);
    cairo_set_line_width(cr_, 1);
    font(13.5);
    set(kGrey);
    for (const Tick& tick : round_ticks(scale)) {
      const double y = std::round(bottom - (bottom - kTop) * scale.place(tick.value)) + 0.5;
      line(kBarLeft + kBarWidth, y, kBarLeft + kBarWidth + 6, y);
      write(kBarLeft + kBarWidth + 11, y + 4.5, tick.label);
    }
    set(kInk);
    font(14.5);
    write_upwards(kBarLeft - 12, (kTop + bottom) / 2, map_.value_label);
  }

  /// The names of the paths, those of one name once.
  void draw_legend() {
    std::vector<std::string> names;
    for (const HeatPanel& panel : map_.panels) {
      for (std::size_t k = names.size(); k < panel.paths.size(); ++k) {
        names.push_back(panel.paths[k].name);
      }
    }
    font(14);
    for (std::size_t k = 0; k < names.size(); ++k) {
      const double y = kBottom - 130 + 26 * static_cast<double>(k);
      set_path(k);
      line(kBarLeft - 24, y, kBarLeft + 12, y);
      dot(kBarLeft - 6, y);
      draw_dots();
      set(kInk);
      write(kBarLeft + 22, y + 5, fitted(names[k], kLegendRight - kBarLeft - 22));
    }
    set_dash({});
  }

  const HeatMap& map_;
};

void check(const HeatMap& map) {
  for (const HeatPanel& panel : map.panels) {
    if (panel.values.size() == panel.rows * panel.columns && !panel.values.empty()) continue;
    unroll::fail<unroll::Error>("heat map: the panel '{}' has {} values for {} rows x {} columns",
                                panel.name, panel.values.size(), panel.rows, panel.columns);
  }
}

}  // namespace

Axis scale_of(const HeatMap& map) {
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  for (const HeatPanel& panel : map.panels) {
    for (const double value : panel.values) {
      if (!std::isfinite(value) || (map.logarithmic && value <= 0)) continue;
      low = std::min(low, value);
      high = std::max(high, value);
    }
  }
  low = map.low.value_or(low);
  high = map.high.value_or(high);
  if (!(high >= low)) return map.logarithmic ? Axis{0.1, 1, true} : Axis{};
  const Axis round = round_axis(low, high, map.logarithmic);
  return {map.low.value_or(round.low), map.high.value_or(round.high), map.logarithmic};
}

std::vector<std::pair<ChartPoint, ChartPoint>> contour_of(const HeatMap& map,
                                                          const HeatPanel& panel, double level) {
  const double width = (map.x.high - map.x.low) / static_cast<double>(panel.columns);
  const double height = (map.y.high - map.y.low) / static_cast<double>(panel.rows);
  const auto middle = [&](std::size_t row, std::size_t column) {
    return ChartPoint{map.x.low + (static_cast<double>(column) + 0.5) * width,
                      map.y.low + (static_cast<double>(row) + 0.5) * height};
  };
  using Cell = std::pair<std::size_t, std::size_t>;
  std::vector<std::pair<ChartPoint, ChartPoint>> pieces;
  for (std::size_t row = 0; row + 1 < panel.rows; ++row) {
    for (std::size_t column = 0; column + 1 < panel.columns; ++column) {
      // The corners of a square, one after the other; the line crosses two of its sides, or four.
      const std::array<Cell, 4> corners = {
          {{row, column}, {row, column + 1}, {row + 1, column + 1}, {row + 1, column}}};
      std::vector<ChartPoint> crossings;
      for (std::size_t k = 0; k < 4; ++k) {
        const Cell& a = corners[k];
        const Cell& b = corners[(k + 1) % 4];
        const double from = panel.at(a.first, a.second) - level;
        const double to = panel.at(b.first, b.second) - level;
        if (!std::isfinite(from) || !std::isfinite(to) || (from < 0) == (to < 0)) continue;
        const double part = from / (from - to);
        const ChartPoint p = middle(a.first, a.second);
        const ChartPoint q = middle(b.first, b.second);
        crossings.push_back({p.x + part * (q.x - p.x), p.y + part * (q.y - p.y)});
      }
      for (std::size_t k = 0; k + 1 < crossings.size(); k += 2) {
        pieces.emplace_back(crossings[k], crossings[k + 1]);
      }
    }
  }
  return pieces;
}

Picture picture_of(const HeatMap& map) {
  check(map);
  return {kChartWidth, kChartHeight, [map](cairo_t* context) { Drawing(context, map).draw(); }};
}

}  // namespace examples
