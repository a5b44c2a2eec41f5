// Finding a cell in the text of its header, and counting the lines of its step.
#include "variants/cell_source.h"

#include "support.h"
#include "variants/cells.h"

namespace unroll::testing {
namespace {

using variants::find_struct;
using variants::step_lines;

constexpr std::string_view kText = R"(#pragma once
struct Cell;  // only declared

/// A } in a comment, and "struct Cell {" in one.
template <class T>
struct Cell {
  static constexpr const char* equations = "h' = { \" W x";

  [[nodiscard]] Var step(Var x, Var h) const {
    // a comment alone

    const char brace = '}';
    const int big = 1'000;  /* } */
    if (x) { h = x; }
    return h;
  }
};

struct CellOfOthers { [[nodiscard]] Var step(Var x, Var h) const { return x; } };
struct NoStep {
  Var step_by_step;
  Var step(Var x, Var h) const;
};
)";

TEST_CASE("cell source: a struct is shown whole, with the comment above it") {
  const std::vector<std::string_view> texts = {"struct Other {};\n", kText};
  const auto code = find_struct(texts, "Cell<int>");
  REQUIRE(code.has_value());
  CHECK(code->starts_with("/// A } in a comment, and \"struct Cell {\" in one.\ntemplate"));
  CHECK(code->ends_with("    return h;\n  }\n};\n"));
  CHECK(step_lines(*code) == 4);
  CHECK(step_lines(find_struct(texts, "CellOfOthers").value()) == 1);
  CHECK_FALSE(step_lines(find_struct(texts, "NoStep").value()).has_value());
  CHECK_FALSE(find_struct(texts, "Missing").has_value());
}

TEST_CASE("cell source: every registered cell has code to show, with a step") {
  for (const CellEntry& cell : variants::cells()) {
    CAPTURE(cell.name);
    const auto code = find_struct(variants::cell_texts(), cell.type);
    REQUIRE(code.has_value());
    CHECK(code->find("struct ") != std::string::npos);
    const auto lines = step_lines(*code);
    REQUIRE(lines.has_value());
    CHECK(*lines > 0);
    CHECK(*lines < 30);
  }
}

}  // namespace
}  // namespace unroll::testing
