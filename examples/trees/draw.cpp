#include "trees/draw.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "common/html.h"
#include "wordlm/text.h"

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
  for (std::size_t at = 0; at < word.size(); at += wordlm::code_point_at(word, at).length) {
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

/// From orange over grey to blue.
std::string colour_of(std::size_t label, std::size_t labels) {
  static constexpr std::array<const char*, 5> kColours = {"#d9822b", "#f0c48c", "#dddddd",
                                                          "#a9c9ee", "#4a90d9"};
  return kColours[labels == 2 ? 4 * label : label];
}

}  // namespace

std::string short_name(std::size_t label, std::size_t labels) {
  static constexpr std::array<const char*, 5> kNames = {"--", "-", "0", "+", "++"};
  return labels == 2 ? (label == 0 ? "-" : "+") : kNames[label];
}

std::string to_svg(const Tree& tree, const std::vector<std::vector<double>>& probabilities) {
  const Layout layout(tree);
  const double height = layout.height() + kRadius + kWords;
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:.0f}\" height=\"{1:.0f}\" "
      "viewBox=\"0 0 {0:.0f} {1:.0f}\" font-family=\"sans-serif\" text-anchor=\"middle\">\n"
      "<rect width=\"{0:.0f}\" height=\"{1:.0f}\" fill=\"white\"/>\n",
      layout.width, height);
  for (std::size_t i = 0; i < tree.size(); ++i) {
    for (const std::int32_t child : tree[i].children) {
      const auto c = static_cast<std::size_t>(child);
      svg += fmt::format(
          "<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"#888\"/>\n",
          layout.x[i], layout.y(i), layout.x[c], layout.y(c));
    }
  }
  for (std::size_t i = 0; i < tree.size(); ++i) {
    const std::vector<double>& p = probabilities[i];
    const auto label = static_cast<std::size_t>(std::ranges::max_element(p) - p.begin());
    svg += fmt::format(
        "<circle cx=\"{0:.1f}\" cy=\"{1:.1f}\" r=\"{2}\" fill=\"{3}\" stroke=\"#555\"/>\n"
        "<text x=\"{0:.1f}\" y=\"{4:.1f}\" font-size=\"13\" font-weight=\"bold\">{5}</text>\n"
        "<text x=\"{0:.1f}\" y=\"{6:.1f}\" font-size=\"8\">{7:.0f} %</text>\n",
        layout.x[i], layout.y(i), kRadius, colour_of(label, p.size()), layout.y(i) + 2,
        short_name(label, p.size()), layout.y(i) + 11, 100 * p[label]);
    if (!tree[i].children.empty()) continue;
    svg += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" font-size=\"14\">{}</text>\n", layout.x[i],
                       layout.y(i) + kRadius + 18, examples::escape_html(tree[i].word));
  }
  return svg + "</svg>\n";
}

}  // namespace trees
