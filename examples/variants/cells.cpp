#include "variants/cells.h"

#include <fmt/format.h>

#include <algorithm>

#include "variants/my_cell.h"

namespace variants {

using unroll::CellEntry;

std::span<const CellEntry> cells() {
  static const std::vector<CellEntry> kCells = [] {
    const auto builtin = unroll::all_cells();
    std::vector<CellEntry> all(builtin.begin(), builtin.end());
    all.push_back(unroll::cell_entry<MyCell>("mine", "MyCell"));
    return all;
  }();
  return kCells;
}

std::vector<const CellEntry*> find_cells(std::span<const std::string> names) {
  std::vector<const CellEntry*> found;
  const auto add = [&](const CellEntry& cell) {
    if (std::find(found.begin(), found.end(), &cell) == found.end()) found.push_back(&cell);
  };
  for (const std::string& name : names) {
    std::vector<std::string_view> known;
    bool any = false;
    for (const CellEntry& cell : cells()) {
      known.push_back(cell.name);
      if (name != "all" && name != cell.name) continue;
      add(cell);
      any = true;
    }
    if (!any) {
      unroll::fail<unroll::Error>("no cell '{}'; there are: {}, or all", name,
                                  fmt::join(known, ", "));
    }
  }
  return found;
}

unroll::Index equation_lines(const CellEntry& cell) {
  return std::count(cell.equations.begin(), cell.equations.end(), '\n') + 1;
}

}  // namespace variants
