// error: the State of a cell is a Var, a struct of Vars and nothing else
#include <unroll/unroll.h>

#include <tuple>

struct Cell {
  using State = std::tuple<unroll::Var, unroll::Var>;
  [[nodiscard]] State step(unroll::Var x, State s) const { return {x, std::get<0>(s)}; }
  unroll::Index hidden = 3;
};

unroll::Var run(unroll::Var x) { return unroll::unroll_over(Cell{}, x, {x, x}).outputs; }
