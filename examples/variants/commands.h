#pragma once
/// What `variants` can be told to do.

#include <string>
#include <vector>

#include "variants/trainer.h"

namespace variants {

/// Prints every cell with its equations and its size, with `hidden` units that read two numbers.
void list_cells(Index hidden);

/// Prints the source of one cell.
void show_cell(const std::string& name);

/// Prints every task with its definition.
void list_tasks();

/// Prints the plan of a training step of one cell, and writes the page of it where `view` names
/// one.
void show_plan(const std::string& name, const Settings& settings, const std::string& view = "");

/// Trains cells one after the other and compares them.
struct CompareOptions {
  Settings settings;
  std::vector<std::string> cells = {"rnn", "lstm", "gru", "mine"};  // names, or "all"
  std::string plot;  // writes plot.svg and plot.png; empty: neither
  std::string csv;   // writes the curves; empty: not
};
/// Returns the exit status: 0, or 130 where it was interrupted; what there is was then printed and
/// written all the same.
int compare_cells(const CompareOptions& options);

}  // namespace variants
