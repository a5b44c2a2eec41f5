#include "variants/report.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "variants/cells.h"

namespace variants {
namespace {

const Point* last_of(const Result& result) {
  return result.curve.empty() ? nullptr : &result.curve.back();
}

int rank_of(const Result& result) {
  if (result.outcome == Outcome::failed || result.curve.empty()) return 2;
  return result.outcome == Outcome::diverged ? 1 : 0;
}

/// The last column: how a training ended that did not go on to the end.
std::string remark_of(const Result& result) {
  switch (result.outcome) {
    case Outcome::interrupted:
      return fmt::format("interrupted at step {}", result.steps);
    case Outcome::diverged:
      return fmt::format("diverged at step {}", result.steps + 1);
    case Outcome::failed:
      return result.error;
    case Outcome::complete:
      break;
  }
  return "";
}

/// "adding of length 100, 64 hidden units": what curves and tables have in common.
std::string setting_of(const Settings& s) {
  return fmt::format("{} hidden units, batches of {}, {} at {:g}, {}, seed {}", s.hidden, s.batch,
                     s.optimizer, s.learning_rate,
                     s.clip > 0 ? fmt::format("clipped at {:g}", s.clip) : "not clipped", s.seed);
}

std::string row(const Result& result, std::size_t name_width) {
  const unroll::CellEntry& cell = *result.cell;
  const std::string head = fmt::format("{:<{}}  {:>10}  {:>9}", cell.name, name_width,
                                       result.parameters, equation_lines(cell));
  const std::string remark = remark_of(result);
  const Point* const last = last_of(result);
  if (last == nullptr) return fmt::format("{}  {}\n", head, remark);
  std::string text = fmt::format(
      "{}  {:>10.6f}  {:>7.1f}  {:>14}  {:>7.1f}  {:>7}", head, last->measure.loss,
      100 * last->measure.score,
      result.steps_to_solve ? fmt::format("{}", *result.steps_to_solve) : "-", result.seconds,
      result.seconds > 0 ? fmt::format("{:.1f}", static_cast<double>(result.steps) / result.seconds)
                         : "-");
  if (!remark.empty()) text += "  " + remark;
  return text + "\n";
}

}  // namespace

void sort_results(std::vector<Result>& results) {
  std::stable_sort(results.begin(), results.end(), [](const Result& a, const Result& b) {
    const auto key = [](const Result& r) {
      const bool measured = !r.curve.empty() && std::isfinite(r.curve.back().measure.loss);
      return std::tuple(rank_of(r), measured ? r.curve.back().measure.loss : HUGE_VAL);
    };
    return key(a) < key(b);
  });
}

std::string table(const TaskEntry& entry, const Task& task, const Settings& settings,
                  const std::vector<Result>& results) {
  std::string text = fmt::format(
      "{} of length {}, {} steps; {}\n"
      "loss: {}; guessing gives {:.4f}{}\n"
      "score: % of {}; solved: {}\n\n",
      entry.name, settings.length, settings.steps, setting_of(settings), entry.loss,
      task.guessing(),
      task.floor() > 0
          ? fmt::format(", nothing gives less than {:.4f} in the long run", task.floor())
          : "",
      entry.score, entry.solved);
  std::size_t width = 4;
  for (const Result& result : results) width = std::max(width, result.cell->name.size());
  text += fmt::format("{:<{}}  {:>10}  {:>9}  {:>10}  {:>7}  {:>14}  {:>7}  {:>7}\n", "cell", width,
                      "parameters", "equations", "loss", "score", "steps to solve", "seconds",
                      "steps/s");
  for (const Result& result : results) text += row(result, width);
  return text;
}

examples::Chart learning_curves(const TaskEntry& entry, const Task& task, const Settings& settings,
                                const std::vector<Result>& results) {
  examples::Chart chart;
  chart.title = fmt::format("{} of length {}", entry.name, settings.length);
  chart.title.front() = static_cast<char>(std::toupper(chart.title.front()));
  chart.subtitle = setting_of(settings);
  chart.x_label = "training steps";
  chart.y_label = fmt::format("{}, on {} test sequences", entry.loss, settings.test);
  chart.logarithmic = true;  // a solved task is far below guessing, or hardly above the best
  chart.y_max = 2 * task.guessing();
  chart.levels.push_back({fmt::format("guessing: {:.4f}", task.guessing()), task.guessing()});
  if (task.floor() > 0) {
    chart.levels.push_back({fmt::format("the best there is: {:.4f}", task.floor()), task.floor()});
  }
  for (const Result& result : results) {
    if (result.curve.empty()) continue;
    examples::Curve curve;
    curve.name = std::string(result.cell->name);
    curve.note = result.outcome == Outcome::diverged
                     ? "diverged"
                     : fmt::format("{:.3g}", result.curve.back().measure.loss);
    for (const Point& point : result.curve) {
      curve.points.push_back({static_cast<double>(point.step), point.measure.loss});
    }
    chart.curves.push_back(std::move(curve));
  }
  return chart;
}

std::string to_csv(const std::vector<Result>& results) {
  std::string text = "cell,step,loss,score\n";
  for (const Result& result : results) {
    for (const auto& [step, measure] : result.curve) {
      text += fmt::format("{},{},{:.9g},{:.9g}\n", result.cell->name, step, measure.loss,
                          measure.score);
    }
  }
  return text;
}

}  // namespace variants
