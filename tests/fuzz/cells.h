#pragma once
/// Random cells for random programs.

#include "fuzz/program.h"

namespace unroll::fuzz {

/// A cell whose equations are random: some gates, and an expression of them and the states.
struct RandomCell {
  struct State {
    Var h;
    Var c;
  };
  RandomCell(Program& p, const Parameters& parameters, Input in, Index hidden);
  [[nodiscard]] State step(Var x, State s) const;

  Index hidden;
  std::uint64_t equations;  // the seed they are drawn from
  std::vector<Gate> gates;
};

/// A cell of the list of all cells, or one with random equations.
AnyCell random_cell(Program& p, const Parameters& parameters, Input in, Index hidden);

/// A cell and the state it begins with: zeros, inputs, or learned. All parameters are made when it
/// is, since none can be added to a tree that a tape reads.
struct Layer {
  Layer(Program& p, const Parameters& parameters, Input in, Index hidden);
  [[nodiscard]] AnyState start(Program& p, Index batch) const;
  [[nodiscard]] AnyState step(Var x, const AnyState& state) const { return cell.step(x, state); }

  AnyCell cell;
  Index hidden;
  Index kind;       // of start
  Parameter first;  // of no tree unless the start is learned
};

/// A random element-wise function of two values of one shape, of the order of 1 where they are.
Var random_mix(Random& random, Var a, Var b);
/// A random bounded function.
Var random_squash(Random& random, Var x);

}  // namespace unroll::fuzz
