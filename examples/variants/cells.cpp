#include "variants/cells.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "variants/my_cell.h"

namespace variants {

using unroll::CellEntry;

namespace {

void require_own_names(std::span<const CellEntry> cells) {
  std::set<std::string_view> names;
  for (const CellEntry& cell : cells) {
    if (names.insert(cell.name).second) continue;
    unroll::fail<unroll::Error>("two cells of the list are called '{}'", cell.name);
  }
}

}  // namespace

std::span<const CellEntry> cells() {
  static const std::vector<CellEntry> kCells = [] {
    const auto builtin = unroll::all_cells();
    std::vector<CellEntry> all(builtin.begin(), builtin.end());
    all.push_back(unroll::cell_entry<MyCell>("mine", "MyCell"));
    require_own_names(all);
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
    bool any = false;
    for (const CellEntry& cell : cells()) {
      if (name != "all" && name != cell.name) continue;
      add(cell);
      any = true;
    }
    if (!any) {
      unroll::fail<unroll::Error>("{}, or all", unroll::no_such_cell(name, cells()));
    }
  }
  return found;
}

unroll::Index equation_lines(const CellEntry& cell) {
  return std::count(cell.equations.begin(), cell.equations.end(), '\n') + 1;
}

}  // namespace variants
