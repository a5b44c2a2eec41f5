#include "translate/attention_plot.h"

#include <fmt/format.h>
#include <unroll/core/error.h>

#include <algorithm>
#include <cmath>

#include "common/canvas.h"
#include "text/characters.h"

namespace translate {
namespace {

constexpr int kCell = 34;      // pixels
constexpr int kCharacter = 9;  // the width of one, about
constexpr int kGap = 8;        // between words and cells
constexpr double kWords = 15;  // the size of their letters
constexpr examples::Colour kBlue{0.12, 0.31, 0.61};

/// What is drawn, and where.
struct Table {
  std::vector<std::string> source;
  std::vector<std::string> target;
  std::vector<std::vector<double>> weights;
  int left;  // of the first cell
  int top;
};

/// The pixels that the longest of some words takes.
int room_for(const std::vector<std::string>& words) {
  int most = 0;
  for (const std::string& word : words) {
    int characters = 0;
    for (std::size_t at = 0; at < word.size(); at += text::code_point_at(word, at).length) {
      ++characters;
    }
    most = std::max(most, characters);
  }
  return most * kCharacter + 2 * kGap;
}

/// A word above a column, slanted.
void write_slanted(cairo_t* context, double x, double y, const std::string& word) {
  cairo_save(context);
  cairo_translate(context, x, y);
  cairo_rotate(context, -std::acos(0.5));  // 60 degrees
  examples::Canvas(context).write(0, 0, word);
  cairo_restore(context);
}

void draw_cell(cairo_t* context, double x, double y, double weight) {
  examples::Canvas canvas(context);
  canvas.set(kBlue, weight);
  cairo_rectangle(context, x, y, kCell, kCell);
  cairo_fill_preserve(context);
  canvas.set(examples::kGrid);
  cairo_stroke(context);
  const auto hundredths = std::lround(100 * weight);
  if (hundredths == 0) return;
  canvas.font(11);
  canvas.set(weight > 0.5 ? examples::kPaper : examples::kInk);
  canvas.write(x + kCell / 2.0, y + kCell / 2.0 + 4, fmt::format("{}", hundredths),
               examples::Align::centre);
}

void draw(cairo_t* context, const Table& table) {
  examples::Canvas canvas(context);
  canvas.clear();
  cairo_set_line_width(context, 1);
  canvas.font(kWords);
  canvas.set(examples::kInk);
  for (std::size_t j = 0; j < table.source.size(); ++j) {
    const double x = table.left + kCell * (static_cast<double>(j) + 0.5);
    write_slanted(context, x, table.top - kGap, table.source[j]);
  }
  for (std::size_t i = 0; i < table.target.size(); ++i) {
    const double y = table.top + kCell * static_cast<double>(i);
    canvas.font(kWords);
    canvas.set(examples::kInk);
    canvas.write(table.left - kGap, y + kCell / 2.0 + 5, table.target[i], examples::Align::right);
    for (std::size_t j = 0; j < table.source.size(); ++j) {
      draw_cell(context, table.left + kCell * static_cast<double>(j), y, table.weights[i][j]);
    }
  }
}

}  // namespace

examples::Picture attention_picture(const std::vector<std::string>& source,
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
  const Table table{source, target, weights, room_for(target), room_for(source)};
  const int width = table.left + kCell * static_cast<int>(source.size()) + table.top;  // slanted
  const int height = table.top + kCell * static_cast<int>(target.size()) + kGap;
  return {width, height, [table](cairo_t* context) { draw(context, table); }};
}

}  // namespace translate
