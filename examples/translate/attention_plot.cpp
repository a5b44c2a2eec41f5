#include "translate/attention_plot.h"

#include <fmt/format.h>
#include <unroll/core/error.h>

#include <algorithm>

#include "common/html.h"
#include "wordlm/text.h"

namespace translate {
namespace {

constexpr int kCell = 34;      // points
constexpr int kCharacter = 9;  // the width of one, about
constexpr int kGap = 8;        // between words and cells

/// The points that the longest of some words takes.
int room_for(const std::vector<std::string>& words) {
  int most = 0;
  for (const std::string& word : words) {
    int characters = 0;
    for (std::size_t at = 0; at < word.size(); at += wordlm::code_point_at(word, at).length) {
      ++characters;
    }
    most = std::max(most, characters);
  }
  return most * kCharacter + 2 * kGap;
}

}  // namespace

std::string attention_svg(const std::vector<std::string>& source,
                          const std::vector<std::string>& target,
                          const std::vector<std::vector<double>>& weights) {
  const bool fits = weights.size() == target.size() &&
                    std::ranges::all_of(weights, [&](const std::vector<double>& row) {
                      return row.size() == source.size();
                    });
  if (!fits) {
    unroll::fail<unroll::Error>("a picture of attention: expected {} rows of {} weights",
                                target.size(), source.size());
  }
  const int left = room_for(target);
  const int top = room_for(source);
  const int width = left + kCell * static_cast<int>(source.size()) + top;  // slanted words
  const int height = top + kCell * static_cast<int>(target.size()) + kGap;
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" "
      "viewBox=\"0 0 {0} {1}\" font-family=\"sans-serif\" font-size=\"15\">\n"
      "<rect width=\"{0}\" height=\"{1}\" fill=\"white\"/>\n",
      width, height);
  for (std::size_t j = 0; j < source.size(); ++j) {
    const int x = left + kCell * static_cast<int>(j) + kCell / 2;
    svg += fmt::format("<text transform=\"translate({},{}) rotate(-60)\">{}</text>\n", x,
                       top - kGap, examples::escape_html(source[j]));
  }
  for (std::size_t i = 0; i < target.size(); ++i) {
    const int y = top + kCell * static_cast<int>(i);
    svg += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>\n", left - kGap,
                       y + kCell / 2 + 5, examples::escape_html(target[i]));
    for (std::size_t j = 0; j < source.size(); ++j) {
      svg += fmt::format(
          "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"#1f4e9c\" "
          "fill-opacity=\"{:.3f}\" stroke=\"#ccc\"><title>{} looks at {}: {:.3f}</title></rect>\n",
          left + kCell * static_cast<int>(j), y, kCell, kCell, weights[i][j],
          examples::escape_html(target[i]), examples::escape_html(source[j]), weights[i][j]);
    }
  }
  return svg + "</svg>\n";
}

}  // namespace translate
