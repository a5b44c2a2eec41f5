#pragma once
/// The cells that can be compared: those of unroll, and the one of the guide.

#include <unroll/layers/cells.h>

#include <span>

namespace variants {

/// Every cell of unroll::all_cells(), and "mine" (my_cell.h). A cell of your own is added here.
[[nodiscard]] std::span<const unroll::CellEntry> cells();

/// The cells of these names, in this order, each once; "all" stands for every one. unroll::Error
/// naming those there are.
[[nodiscard]] std::vector<const unroll::CellEntry*> find_cells(std::span<const std::string> names);

/// How many lines the equations of a cell take.
[[nodiscard]] unroll::Index equation_lines(const unroll::CellEntry& cell);

}  // namespace variants
