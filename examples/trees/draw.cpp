#include "trees/draw.h"

#include <cairo.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "text/characters.h"

namespace trees {
namespace {

constexpr double kLevel = 56;     // points from level to level
constexpr double kCharacter = 9;  // the width of one, about
constexpr double kLeast = 46;     // of a word
constexpr double kRadius = 17;
constexpr double kMargin = 24;
constexpr double kWords = 34;  // below the leaves

double width_of(const std::string& word) {
  int characters = 0;
  for (std::size_t at = 0; at < word.size(); at += text::code_point_at(word, at).length) {
    ++characters;
  }
  return std::max(kLeast, characters * kCharacter + 10);
}

/// Where nodes stand: leaves side by side, a parent over the middle of its first and last child,
/// one level above the highest of them.
struct Layout {
  std::vector<double> x;
  std::vector<double> level;  // 0: a leaf
  double width = kMargin;

  explicit Layout(const Tree& tree) : x(tree.size()), level(tree.size()) {
    for (std::size_t i = 0; i < tree.size(); ++i) {
      const Node& node = tree[i];
      if (node.children.empty()) {
        const double room = width_of(node.word);
        x[i] = width + room / 2;
        width += room;
        continue;
      }
      for (const std::int32_t child : node.children) {
        level[i] = std::max(level[i], level[static_cast<std::size_t>(child)] + 1);
      }
      const auto first = static_cast<std::size_t>(node.children.front());
      const auto last = static_cast<std::size_t>(node.children.back());
      x[i] = (x[first] + x[last]) / 2;
    }
    width += kMargin;
  }
  [[nodiscard]] double height() const { return kMargin + kRadius + level.back() * kLevel; }
  [[nodiscard]] double y(std::size_t node) const { return height() - level[node] * kLevel; }
};

struct Colour {
  double r, g, b;
};
constexpr Colour kInk{0, 0, 0};
constexpr Colour kLine{0.53, 0.53, 0.53};
constexpr Colour kRim{0.33, 0.33, 0.33};

/// From orange over grey to blue.
Colour colour_of(std::size_t label, std::size_t labels) {
  static constexpr std::array<Colour, 5> kColours = {{{0.85, 0.51, 0.17},
                                                      {0.94, 0.77, 0.55},
                                                      {0.87, 0.87, 0.87},
                                                      {0.66, 0.79, 0.93},
                                                      {0.29, 0.56, 0.85}}};
  return kColours[labels == 2 ? 4 * label : label];
}

void set(cairo_t* c, const Colour& colour) {
  cairo_set_source_rgb(c, colour.r, colour.g, colour.b);
}

/// A text with its middle at x and its base line at y.
void write(cairo_t* c, double x, double y, double size, bool bold, const std::string& text) {
  cairo_select_font_face(c, "sans-serif", CAIRO_FONT_SLANT_NORMAL,
                         bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
  cairo_set_font_size(c, size);
  cairo_text_extents_t extents;
  cairo_text_extents(c, text.c_str(), &extents);
  set(c, kInk);
  cairo_move_to(c, x - extents.x_advance / 2, y);
  cairo_show_text(c, text.c_str());
}

void draw(cairo_t* c, const Tree& tree, const std::vector<std::vector<double>>& probabilities) {
  const Layout layout(tree);
  cairo_set_source_rgb(c, 1, 1, 1);
  cairo_paint(c);
  cairo_set_line_width(c, 1);
  for (std::size_t i = 0; i < tree.size(); ++i) {
    for (const std::int32_t child : tree[i].children) {
      const auto k = static_cast<std::size_t>(child);
      set(c, kLine);
      cairo_move_to(c, layout.x[i], layout.y(i));
      cairo_line_to(c, layout.x[k], layout.y(k));
      cairo_stroke(c);
    }
  }
  for (std::size_t i = 0; i < tree.size(); ++i) {
    const std::vector<double>& p = probabilities[i];
    const auto label = static_cast<std::size_t>(std::ranges::max_element(p) - p.begin());
    const double x = layout.x[i];
    const double y = layout.y(i);
    cairo_new_path(c);
    cairo_arc(c, x, y, kRadius, 0, 2 * 3.14159265358979);
    set(c, colour_of(label, p.size()));
    cairo_fill_preserve(c);
    set(c, kRim);
    cairo_stroke(c);
    write(c, x, y + 2, 13, true, short_name(label, p.size()));
    write(c, x, y + 11, 8, false, fmt::format("{:.0f} %", 100 * p[label]));
    if (tree[i].children.empty()) write(c, x, y + kRadius + 18, 14, false, tree[i].word);
  }
}

}  // namespace

std::string short_name(std::size_t label, std::size_t labels) {
  static constexpr std::array<const char*, 5> kNames = {"--", "-", "0", "+", "++"};
  return labels == 2 ? (label == 0 ? "-" : "+") : kNames[label];
}

examples::Picture picture_of(const Tree& tree,
                             const std::vector<std::vector<double>>& probabilities) {
  const Layout layout(tree);
  return {static_cast<int>(std::ceil(layout.width)),
          static_cast<int>(std::ceil(layout.height() + kRadius + kWords)),
          [=](cairo_t* context) { draw(context, tree, probabilities); }};
}

}  // namespace trees
