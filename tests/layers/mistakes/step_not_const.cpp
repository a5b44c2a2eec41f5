// error: the step of a cell is const
#include <unroll/unroll.h>

struct Cell {
  using State = unroll::Var;
  State step(unroll::Var x, State h) { return x + h; }
  unroll::Index hidden = 3;
};

unroll::Var run(unroll::Var x, unroll::Var h) { return unroll::unroll_over(Cell{}, x, h).outputs; }
