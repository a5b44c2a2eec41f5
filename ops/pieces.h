#pragma once
/// Recorded values that are cheaper to add up before they are made: taken apart again.

#include <unroll/core/var.h>

#include <optional>

namespace unroll {

/// A Var recorded by place(): `values` in zeros.
struct Piece {
  Var placed;
  Var values;
  Index axis;
  Index begin;
  Index size;  // of `values` along the axis
};
[[nodiscard]] std::optional<Piece> as_piece(Var x);

/// A Var recorded by scatter_rows().
struct ScatteredRows {
  Var scattered;
  Var ids;
  Var rows;
};
[[nodiscard]] std::optional<ScatteredRows> as_scattered_rows(Var x);

}  // namespace unroll
