#include "common/canvas.h"

#include <cmath>

namespace examples {

void Canvas::clear() {
  set(kPaper);
  cairo_paint(cr_);
}

void Canvas::set(const Colour& colour, double alpha) {
  cairo_set_source_rgba(cr_, colour.r, colour.g, colour.b, alpha);
}

void Canvas::set_dash(const std::vector<double>& dash) {
  cairo_set_dash(cr_, dash.data(), static_cast<int>(dash.size()), 0);
}

void Canvas::font(double size, Weight weight) {
  cairo_select_font_face(
      cr_, "sans-serif", CAIRO_FONT_SLANT_NORMAL,
      weight == Weight::bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
  cairo_set_font_size(cr_, size);
}

double Canvas::width_of(const std::string& text) const {
  cairo_text_extents_t extents;
  cairo_text_extents(cr_, text.c_str(), &extents);
  return extents.x_advance;
}

void Canvas::write(double x, double y, const std::string& text, Align align) {
  const double shift = align == Align::left ? 0 : align == Align::centre ? 0.5 : 1;
  cairo_move_to(cr_, x - shift * width_of(text), y);
  cairo_show_text(cr_, text.c_str());
}

void Canvas::write_upwards(double x, double y, const std::string& text) {
  cairo_save(cr_);
  cairo_translate(cr_, x, y);
  cairo_rotate(cr_, -std::acos(0.0));
  write(0, 0, text, Align::centre);
  cairo_restore(cr_);
}

std::string Canvas::fitted(std::string text, double width) const {
  if (width_of(text) <= width) return text;
  while (!text.empty() && width_of(text + "…") > width) {
    do {  // a whole character of UTF-8
      text.pop_back();
    } while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0) == 0x80);
  }
  return text + "…";
}

void Canvas::line(double x0, double y0, double x1, double y1) {
  cairo_move_to(cr_, x0, y0);
  cairo_line_to(cr_, x1, y1);
  cairo_stroke(cr_);
}

}  // namespace examples
