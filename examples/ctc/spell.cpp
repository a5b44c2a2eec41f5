#include "ctc/spell.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

namespace ctc {
namespace {

constexpr std::size_t kCurves = 12;        // more are hard to tell apart
constexpr double kNoticeable = 0.05;       // a curve that never rises above is left out
constexpr std::size_t kTitleColumns = 90;  // of a path in a chart

const std::string& name_of(const std::vector<std::string>& names, std::int32_t symbol) {
  return names[static_cast<std::size_t>(symbol)];
}

}  // namespace

Spelling spell(const Speller& speller, const Signal& signal, std::size_t beam) {
  const Rows transitions = free_transitions(speller.names.size());
  Spelling spelling{speller.log_probabilities(std::span(&signal, 1))[0], {}, {}};
  spelling.best = best_path(spelling.log_probabilities, transitions);
  spelling.likeliest = prefix_beam_search(spelling.log_probabilities, transitions, beam);
  return spelling;
}

std::string path_to_text(const Path& path, const std::vector<std::string>& names) {
  // Names of one letter stand without spaces between them.
  const bool letters = std::ranges::all_of(
      names, [](const std::string& name) { return name.size() == 1 || name == kBlankName; });
  std::vector<std::string> columns;
  for (const std::int32_t symbol : path) columns.push_back(name_of(names, symbol));
  return fmt::format("{}", fmt::join(columns, letters ? "" : " "));
}

std::string labels_to_text(const Labels& labels, const std::vector<std::string>& names) {
  std::vector<std::string> words;
  for (const std::int32_t label : labels) words.push_back(name_of(names, label));
  return fmt::format("{}", fmt::join(words, " "));
}

examples::Chart chart_of(const Spelling& spelling, const std::vector<std::string>& names,
                         const std::string& title) {
  examples::Chart chart;
  chart.title = title;
  chart.x_label = "frame";
  chart.y_label = "probability";
  chart.y_max = 1;
  const std::string path = path_to_text(spelling.best, names);
  const std::string labels = labels_to_text(labels_of(spelling.best), names);
  chart.subtitle = path.size() <= kTitleColumns ? fmt::format("{}    {}", path, labels) : labels;

  examples::Curve best{"best path", "", {}};
  std::vector<examples::Curve> curves(names.size());
  std::vector<std::pair<double, std::size_t>> peaks;  // of each symbol, negative: largest first
  for (std::size_t symbol = 0; symbol < names.size(); ++symbol) {
    double peak = 0;
    for (std::size_t t = 0; t < spelling.best.size(); ++t) {
      const double p = std::exp(spelling.log_probabilities[t][symbol]);
      const auto frame = static_cast<double>(t + 1);
      curves[symbol].points.push_back({frame, p});
      peak = std::max(peak, p);
      if (spelling.best[t] == static_cast<std::int32_t>(symbol)) best.points.push_back({frame, p});
    }
    curves[symbol].name = symbol == kBlank ? "blank" : names[symbol];
    if (peak >= kNoticeable) peaks.emplace_back(-peak, symbol);
  }
  std::ranges::sort(best.points, {}, &examples::ChartPoint::x);
  std::ranges::sort(peaks);
  peaks.resize(std::min(peaks.size(), kCurves));
  std::ranges::sort(peaks, {}, &std::pair<double, std::size_t>::second);
  chart.curves.push_back(std::move(best));
  for (const auto& [peak, symbol] : peaks) chart.curves.push_back(std::move(curves[symbol]));
  return chart;
}

}  // namespace ctc
