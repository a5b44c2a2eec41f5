#pragma once
/// Every cell, and the list of them.

#include <unroll/layers/any_cell.h>
#include <unroll/layers/cells/gru.h>
#include <unroll/layers/cells/lstm.h>
#include <unroll/layers/cells/rnn.h>
#include <unroll/layers/gate.h>

namespace unroll {

/// One entry of the list of cells.
struct CellEntry {
  std::string_view name;
  std::string_view type;       // the struct that it is
  std::string_view source;     // the paper it comes from
  std::string_view equations;  // one a line
  AnyCell (*make)(const Parameters&, Input, Index hidden, const CellOptions&);
};

/// Every cell there is; tests and programs walk this list.
[[nodiscard]] std::span<const CellEntry> all_cells();
/// The cell of that name; Error naming those there are.
[[nodiscard]] const CellEntry& find_cell(std::string_view name);

}  // namespace unroll
