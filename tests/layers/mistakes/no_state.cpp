// error: a cell names its state
#include <unroll/unroll.h>

struct Cell {
  [[nodiscard]] unroll::Var step(unroll::Var x, unroll::Var h) const { return x + h; }
  unroll::Index hidden = 3;
};

unroll::Var run(unroll::Var x, unroll::Var h) { return unroll::unroll_over(Cell{}, x, h).outputs; }
