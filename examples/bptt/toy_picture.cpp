#include "bptt/toy_picture.h"

#include <cairo.h>

#include <cmath>

namespace bptt {
namespace {

struct Colour {
  double r, g, b;
};
constexpr Colour kInk{0.13, 0.15, 0.18};
constexpr Colour kGrey{0.42, 0.45, 0.50};
constexpr Colour kForward{0.00, 0.35, 0.71};
constexpr Colour kBackward{0.84, 0.29, 0.05};
constexpr Colour kBox{0.95, 0.96, 0.98};
constexpr Colour kPaper{1, 1, 1};

constexpr double kColumn = 330;  // from step to step
constexpr double kBoxWidth = 196;
constexpr double kBoxHeight = 78;
constexpr double kMargin = 60;
constexpr double kTopOfY = 110;
constexpr double kRow = 150;  // from y down to h, and from h down to x

struct Point {
  double x;
  double y;
};

class Drawing {
 public:
  explicit Drawing(cairo_t* context) : cr_(context) {}

  void draw(const std::vector<DrawnStep>& steps, const std::string& title,
            const std::string& below) {
    set(kPaper);
    cairo_paint(cr_);
    set(kInk);
    write({kMargin, 46}, title, 23, true);
    write_legend();
    for (std::size_t t = 0; t < steps.size(); ++t) {
      const double x = kMargin + kColumn * static_cast<double>(t);
      draw_box({x, kTopOfY}, steps[t].y);
      draw_box({x, kTopOfY + kRow}, steps[t].h);
      draw_box({x, kTopOfY + 2 * kRow}, steps[t].x);
      const double middle = x + kBoxWidth / 2;
      connect({middle, kTopOfY + 2 * kRow}, {middle, kTopOfY + kRow + kBoxHeight}, "W");
      connect({middle, kTopOfY + kRow}, {middle, kTopOfY + kBoxHeight}, "V");
      if (t + 1 == steps.size()) continue;
      const double h = kTopOfY + kRow + kBoxHeight / 2;
      connect({x + kBoxWidth, h}, {x + kColumn, h}, "U");
    }
    set(kInk);
    write({kMargin, kTopOfY + 2 * kRow + kBoxHeight + 48}, below, 16);
  }

 private:
  void set(const Colour& colour) { cairo_set_source_rgb(cr_, colour.r, colour.g, colour.b); }

  void write(Point at, const std::string& text, double size, bool bold = false) {
    cairo_select_font_face(cr_, "sans-serif", CAIRO_FONT_SLANT_NORMAL,
                           bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(cr_, size);
    cairo_move_to(cr_, at.x, at.y);
    cairo_show_text(cr_, text.c_str());
  }

  void write_legend() {
    set(kForward);
    write({kMargin, 76}, "forward: values, solid", 15);
    set(kBackward);
    write({kMargin + 200, 76}, "backward: gradients of the loss, dashed", 15);
  }

  void draw_box(Point corner, const DrawnNode& node) {
    set(kBox);
    cairo_rectangle(cr_, corner.x, corner.y, kBoxWidth, kBoxHeight);
    cairo_fill_preserve(cr_);
    set(kGrey);
    cairo_set_line_width(cr_, 1.2);
    cairo_stroke(cr_);
    set(kForward);
    write({corner.x + 14, corner.y + 32}, node.name + " = " + node.value, 17, true);
    set(kBackward);
    write({corner.x + 14, corner.y + 60}, "dL/d" + node.name + " = " + node.gradient, 15);
  }

  /// The way forward, and beside it the way back.
  void connect(Point from, Point to, const std::string& weight) {
    const bool upright = from.x == to.x;
    const Point shift = upright ? Point{9, 0} : Point{0, 9};
    set(kForward);
    arrow({from.x - shift.x, from.y - shift.y}, {to.x - shift.x, to.y - shift.y}, false);
    set(kBackward);
    arrow({to.x + shift.x, to.y + shift.y}, {from.x + shift.x, from.y + shift.y}, true);
    set(kInk);
    const Point middle{(from.x + to.x) / 2, (from.y + to.y) / 2};
    write(upright ? Point{middle.x - 36, middle.y + 6} : Point{middle.x - 6, middle.y - 20}, weight,
          17, true);
  }

  void arrow(Point from, Point to, bool dashed) {
    constexpr double kGap = 5;  // between an arrow and a box
    constexpr double kHead = 9;
    const double length = std::hypot(to.x - from.x, to.y - from.y);
    const Point along{(to.x - from.x) / length, (to.y - from.y) / length};
    const Point tip{to.x - kGap * along.x, to.y - kGap * along.y};
    const Point neck{tip.x - kHead * along.x, tip.y - kHead * along.y};
    const double dash = 5;
    cairo_set_dash(cr_, &dash, dashed ? 1 : 0, 0);
    cairo_set_line_width(cr_, 2);
    cairo_move_to(cr_, from.x + kGap * along.x, from.y + kGap * along.y);
    cairo_line_to(cr_, neck.x, neck.y);
    cairo_stroke(cr_);
    cairo_set_dash(cr_, &dash, 0, 0);
    cairo_move_to(cr_, tip.x, tip.y);
    cairo_line_to(cr_, neck.x - kHead / 2 * along.y, neck.y + kHead / 2 * along.x);
    cairo_line_to(cr_, neck.x + kHead / 2 * along.y, neck.y - kHead / 2 * along.x);
    cairo_close_path(cr_);
    cairo_fill(cr_);
  }

  cairo_t* cr_;
};

}  // namespace

examples::Picture picture_of(const std::vector<DrawnStep>& steps, std::string title,
                             std::string below) {
  const double columns = static_cast<double>(steps.size()) - 1;
  const double width = 2 * kMargin + kColumn * columns + kBoxWidth;
  const double height = kTopOfY + 2 * kRow + kBoxHeight + 80;
  return {static_cast<int>(width), static_cast<int>(height),
          [steps, title = std::move(title), below = std::move(below)](cairo_t* context) {
            Drawing(context).draw(steps, title, below);
          }};
}

}  // namespace bptt
