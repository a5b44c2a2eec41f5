#pragma once
/// What pictures are drawn with: lines, texts and colours of cairo, written as SVG or as PNG.

#include <cairo.h>

#include <cstdint>
#include <string>
#include <vector>

namespace examples {

/// Red, green and blue, each from 0 to 1.
struct Colour {
  double r, g, b;
};
inline constexpr Colour kInk{0.13, 0.15, 0.18};
inline constexpr Colour kGrey{0.42, 0.45, 0.50};
inline constexpr Colour kGrid{0.90, 0.91, 0.93};
inline constexpr Colour kPaper{1, 1, 1};

enum class Weight : std::uint8_t { normal, bold };
enum class Align : std::uint8_t { left, centre, right };

/// A context of cairo, which has to outlive it, with the few things that pictures are made of.
class Canvas {
 public:
  explicit Canvas(cairo_t* context) : cr_(context) {}

  /// Covers everything with paper.
  void clear();
  /// The colour of what is drawn next.
  void set(const Colour& colour, double alpha = 1);
  /// Lengths of dashes and gaps in turn; none: a solid line.
  void set_dash(const std::vector<double>& dash);
  void font(double size, Weight weight = Weight::normal);
  [[nodiscard]] double width_of(const std::string& text) const;
  /// A text on the base line `y`.
  void write(double x, double y, const std::string& text, Align align = Align::left);
  /// The same from below upwards; `x` is the base line, `y` the middle.
  void write_upwards(double x, double y, const std::string& text);
  /// The text, cut to the width with an ellipsis where it is longer.
  [[nodiscard]] std::string fitted(std::string text, double width) const;
  void line(double x0, double y0, double x1, double y1);

 protected:
  cairo_t* cr_;  // NOLINT: for what only one kind of picture draws
};

}  // namespace examples
