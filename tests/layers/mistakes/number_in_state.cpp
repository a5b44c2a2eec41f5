// error: the State of a cell is a Var, a struct of Vars and nothing else
#include <unroll/unroll.h>

struct Cell {
  struct State {
    unroll::Var h;
    double speed;
  };
  [[nodiscard]] State step(unroll::Var x, State s) const { return {x + s.h, s.speed}; }
  unroll::Index hidden = 3;
};

unroll::Var run(unroll::Tape& tape, unroll::Var x) {
  return unroll::unroll_over(Cell{}, x, Cell::State{unroll::full(tape, {2, 3}, 0), 1}).outputs;
}
