#include "variants/commands.h"

#include <unroll/core/files.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "common/interrupt.h"
#include "common/numbers.h"
#include "common/output.h"
#include "common/outputs.h"
#include "common/progress_line.h"
#include "variants/cell_source.h"
#include "variants/cells.h"
#include "variants/report.h"

namespace variants {

using examples::say;
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

Result train_with_progress(const unroll::CellEntry& cell, const Task& task,
                           const Settings& settings) {
  examples::ProgressLine line(std::string(cell.name), "steps");
  return train(cell, task, settings,
               [&](Index step, double loss) { line.update(step, settings.steps, loss); });
}

/// One line as soon as a cell is done.
void print_done(const Result& result) {
  if (result.curve.empty()) {
    say("{}: {}\n", result.cell->name, result.error);
  } else {
    const Measure& last = result.curve.back().measure;
    say("{}: loss {:.6f}, score {:.1f} % after {} steps, {:.1f} s\n", result.cell->name, last.loss,
        100 * last.score, result.steps, result.seconds);
  }
  (void)examples::flush_out();
}

}  // namespace

void list_cells(Index hidden) {
  std::vector<Index> equations;
  for (const unroll::CellEntry& cell : cells()) {
    const auto code = find_struct(cell_texts(), cell.type);
    const auto lines = code ? step_lines(*code) : std::nullopt;
    equations.push_back(equation_lines(cell));
    say("{} ({})\n", cell.name, cell.source);
    say("  {} parameters, {}, {}\n", parameters_of(cell, hidden),
        examples::count_of(equations.back(), "equation"),
        lines ? examples::count_of(*lines, "line") + " of code" : "code elsewhere");
    std::string text(cell.equations);
    for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; ++at) {
      text.replace(at, 1, "\n    ");
    }
    say("    {}\n\n", text);
  }
  say("{}; parameters with {} inputs and {} hidden units\n",
      examples::count_of(static_cast<Index>(equations.size()), "cell"), kListInputs, hidden);
  say("lines of equations: median {:g}, at most {}\n", median(equations),
      *std::max_element(equations.begin(), equations.end()));
}

void show_cell(const std::string& name) {
  const unroll::CellEntry& cell = *find_cells(std::vector{name}).front();
  const auto code = find_struct(cell_texts(), cell.type);
  if (!code)
    unroll::fail<unroll::Error>(
        "the source of '{}' is in no layers/cells/*.h or examples/variants/*_cell.h", name);
  say("{}", *code);
}

void list_tasks() {
  for (const TaskEntry* task : all_tasks()) {
    const Defaults& d = task->defaults;
    say("{} ({})\n  {}\n", task->name, task->source, task->definition);
    say("  length: {}; loss: {}; score: {}; solved: {}\n", task->length, task->loss, task->score,
        task->solved);
    say("  defaults: --length {} --hidden {} --batch {} --steps {} --lr {:g} --clip {:g}\n\n",
        d.length, d.hidden, d.batch, d.steps, d.learning_rate, d.clip);
  }
}

void show_plan(const std::string& name, const Settings& settings, const std::string& view) {
  if (!view.empty()) unroll::check_can_write(view);
  const unroll::CellEntry& cell = *find_cells(std::vector{name}).front();
  const auto task = find_task(settings.task).make(settings.length);
  print_plan(cell, *task, settings, view);
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
  std::vector<examples::NamedFile> files{{"--csv", options.csv}};
  for (const std::string& path : pictures) files.push_back({"--plot", path});
  examples::check_outputs(files, {});

  std::vector<Result> results;
  {
    const examples::InterruptHandler handler;
    say("{}: {}\n", entry.name, entry.definition);
    (void)examples::flush_out();
    for (const unroll::CellEntry* cell : chosen) {
      results.push_back(train_with_progress(*cell, *task, settings));
      print_done(results.back());
      if (examples::interrupted) break;
    }
  }
  sort_results(results);
  say("\n{}", table(entry, *task, settings, results));
  if (!pictures.empty()) {
    const examples::Chart chart = learning_curves(entry, *task, settings, results);
    unroll::write_file(pictures[0], to_svg(chart));
    unroll::write_file(pictures[1], to_png(chart));
    say("learning curves: {} and {}\n", pictures[0], pictures[1]);
  }
  if (!options.csv.empty()) {
    unroll::write_file(options.csv, to_csv(results));
    say("numbers: {}\n", options.csv);
  }
  if (!examples::interrupted) return 0;
  say("interrupted: {} of {} cells begun\n", results.size(), chosen.size());
  return 130;
}

}  // namespace variants
