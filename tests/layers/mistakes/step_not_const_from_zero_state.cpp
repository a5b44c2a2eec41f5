// error: the step of a cell is const
#include <unroll/unroll.h>

struct Cell {
  struct State {
    unroll::Var h;
    unroll::Var c;
  };
  State step(unroll::Var x, State s) { return {x + s.h, s.c}; }
  unroll::Index hidden = 3;
};

unroll::Var run(unroll::Tape& tape, unroll::Var x) {
  const Cell cell;
  return unroll::unroll_over(cell, x, unroll::zero_state(cell, tape, 2)).outputs;
}
