#pragma once
/// Trains a cell on a task and measures how it gets on.

#include <unroll/layers/cells.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "variants/task.h"

namespace variants {

/// How to train; the same for every cell.
struct Settings {
  std::string task = "adding";
  Index length = 0;
  Index hidden = 0;
  Index batch = 0;
  Index steps = 0;
  double learning_rate = 0;
  double clip = 0;  // largest norm of a gradient; 0: any
  double forget_bias = 1;
  std::string optimizer = "adam";
  Index every = 100;  // steps between measurements
  Index test = 1000;  // sequences to measure with
  std::uint64_t seed = 1;
};

/// What was measured on the test sequences after `step` steps.
struct Point {
  Index step = 0;
  Measure measure;
};

enum class Outcome : std::uint8_t { complete, interrupted, diverged, failed };

/// How a cell got on.
struct Result {
  const unroll::CellEntry* cell = nullptr;
  Index parameters = 0;      // of the cell, without the readout
  std::vector<Point> curve;  // the first point lies before the first step
  std::optional<Index> steps_to_solve;
  Index steps = 0;     // done
  double seconds = 0;  // of all steps, without the measurements
  Outcome outcome = Outcome::complete;
  std::string error;  // where it failed: why
};

/// Called after every step with its number and its loss.
using OnStep = std::function<void(Index step, double loss)>;

/// Trains `cell` with a linear readout. Sequences and their order are a function of the seed, the
/// same for every cell. Stops early where `examples::interrupted` is set, where the loss is no
/// longer a number (Outcome::diverged), and where the cell refuses the settings (Outcome::failed);
/// the result then holds what there is.
[[nodiscard]] Result train(const unroll::CellEntry& cell, const Task& task,
                           const Settings& settings, const OnStep& on_step = {});

/// Prints the kernels of one training step in the order in which they run, with the time of each.
/// Where `view` names a file, the step is written there as a page.
void print_plan(const unroll::CellEntry& cell, const Task& task, const Settings& settings,
                const std::string& view = "");

}  // namespace variants
