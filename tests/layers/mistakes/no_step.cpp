// error: a cell has a step
#include <unroll/unroll.h>

struct Cell {
  using State = unroll::Var;
  [[nodiscard]] State forward(unroll::Var x, State h) const { return x + h; }
  unroll::Index hidden = 3;
};

unroll::Stack<Cell> stack;
