// error: the step of a cell returns its State
#include <unroll/unroll.h>

struct Cell {
  struct State {
    unroll::Var h;
    unroll::Var c;
  };
  [[nodiscard]] unroll::Var step(unroll::Var x, State s) const { return x + s.h; }
  unroll::Index hidden = 3;
};

unroll::Var run(unroll::Var x) { return unroll::unroll_over(Cell{}, x, Cell::State{x, x}).outputs; }
