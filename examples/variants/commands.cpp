#include "variants/commands.h"

#include <unroll/core/files.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "common/interrupt.h"
#include "common/numbers.h"
#include "common/progress_line.h"
#include "variants/cell_source.h"
#include "variants/cells.h"
#include "variants/report.h"

namespace variants {
namespace {

constexpr Index kListInputs = 2;

Index parameters_of(const unroll::CellEntry& cell, Index hidden) {
  const unroll::Parameters parameters;
  (void)cell.make(parameters, kListInputs, hidden, {});
  return parameters.size();
}

/// The middle of sorted numbers, the mean of the two middle ones where there is an even number.
double median(std::vector<Index> numbers) {
  std::sort(numbers.begin(), numbers.end());
  const std::size_t n = numbers.size();
  return static_cast<double>(numbers[(n - 1) / 2] + numbers[n / 2]) / 2;
}

/// Where a file is to be written there has to be a directory; known before hours of training.
void require_directory(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  std::error_code ignored;
  if (!folder.empty() && !std::filesystem::is_directory(folder, ignored)) {
    unroll::fail<unroll::IoError>("{}: cannot be written, there is no directory {}", path,
                                  folder.string());
  }
  if (std::filesystem::is_directory(path, ignored)) {
    unroll::fail<unroll::IoError>("{}: cannot be written, it is a directory", path);
  }
}

Result train_with_progress(const unroll::CellEntry& cell, const Task& task,
                           const Settings& settings) {
  examples::ProgressLine line(std::string(cell.name), "steps");
  return train(cell, task, settings,
               [&](Index step, double loss) { line.update(step, settings.steps, loss); });
}

/// One line as soon as a cell is done.
void print_done(const Result& result) {
  if (result.curve.empty()) {
    fmt::print("{}: {}\n", result.cell->name, result.error);
  } else {
    const Measure& last = result.curve.back().measure;
    fmt::print("{}: loss {:.6f}, score {:.1f} % after {} steps, {:.1f} s\n", result.cell->name,
               last.loss, 100 * last.score, result.steps, result.seconds);
  }
  std::fflush(stdout);
}

}  // namespace

void list_cells(Index hidden) {
  std::vector<Index> equations;
  for (const unroll::CellEntry& cell : cells()) {
    const auto code = find_struct(cell_texts(), cell.type);
    const auto lines = code ? step_lines(*code) : std::nullopt;
    equations.push_back(equation_lines(cell));
    fmt::print("{} ({})\n", cell.name, cell.source);
    fmt::print("  {} parameters, {}, {}\n", parameters_of(cell, hidden),
               examples::count_of(equations.back(), "equation"),
               lines ? examples::count_of(*lines, "line") + " of code" : "code elsewhere");
    std::string text(cell.equations);
    for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; ++at) {
      text.replace(at, 1, "\n    ");
    }
    fmt::print("    {}\n\n", text);
  }
  fmt::print("{}; parameters with {} inputs and {} hidden units\n",
             examples::count_of(static_cast<Index>(equations.size()), "cell"), kListInputs, hidden);
  fmt::print("lines of equations: median {:g}, at most {}\n", median(equations),
             *std::max_element(equations.begin(), equations.end()));
}

void show_cell(const std::string& name) {
  const unroll::CellEntry& cell = *find_cells(std::vector{name}).front();
  const auto code = find_struct(cell_texts(), cell.type);
  if (!code)
    unroll::fail<unroll::Error>(
        "the source of '{}' is in no layers/cells/*.h or examples/variants/*_cell.h", name);
  fmt::print("{}", *code);
}

void list_tasks() {
  for (const TaskEntry* task : all_tasks()) {
    const Defaults& d = task->defaults;
    fmt::print("{} ({})\n  {}\n", task->name, task->source, task->definition);
    fmt::print("  length: {}; loss: {}; score: {}; solved: {}\n", task->length, task->loss,
               task->score, task->solved);
    fmt::print(
        "  defaults: --length {} --hidden {} --batch {} --steps {} --lr {:g} --clip {:g}\n\n",
        d.length, d.hidden, d.batch, d.steps, d.learning_rate, d.clip);
  }
}

int compare_cells(const CompareOptions& options) {
  const Settings& settings = options.settings;
  const auto chosen = find_cells(options.cells);
  const TaskEntry& entry = find_task(settings.task);
  const auto task = entry.make(settings.length);
  std::vector<std::string> pictures;
  if (!options.plot.empty()) {
    std::string stem = options.plot;
    if (stem.ends_with(".svg") || stem.ends_with(".png")) stem.resize(stem.size() - 4);
    pictures = {stem + ".svg", stem + ".png"};
  }
  for (const std::string& path : pictures) require_directory(path);
  if (!options.csv.empty()) require_directory(options.csv);

  std::vector<Result> results;
  {
    const examples::InterruptHandler handler;
    fmt::print("{}: {}\n", entry.name, entry.definition);
    std::fflush(stdout);
    for (const unroll::CellEntry* cell : chosen) {
      results.push_back(train_with_progress(*cell, *task, settings));
      print_done(results.back());
      if (examples::interrupted) break;
    }
  }
  sort_results(results);
  fmt::print("\n{}", table(entry, *task, settings, results));
  if (!pictures.empty()) {
    const examples::Chart chart = learning_curves(entry, *task, settings, results);
    unroll::write_file(pictures[0], to_svg(chart));
    unroll::write_file(pictures[1], to_png(chart));
    fmt::print("learning curves: {} and {}\n", pictures[0], pictures[1]);
  }
  if (!options.csv.empty()) {
    unroll::write_file(options.csv, to_csv(results));
    fmt::print("numbers: {}\n", options.csv);
  }
  if (!examples::interrupted) return 0;
  fmt::print("interrupted: {} of {} cells begun\n", results.size(), chosen.size());
  return 130;
}

}  // namespace variants
