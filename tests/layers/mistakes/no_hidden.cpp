// error: a cell has a member Index hidden
#include <unroll/unroll.h>

struct Cell {
  using State = unroll::Var;
  [[nodiscard]] State step(unroll::Var x, State h) const { return x + h; }
};

unroll::Var run(unroll::Tape& tape) { return unroll::zero_state(Cell{}, tape, 2); }
