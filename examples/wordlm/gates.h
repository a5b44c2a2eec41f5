#pragma once
/// The gates of a cell, found in what its step has recorded.

#include <unroll/unroll.h>

#include <string>
#include <vector>

namespace wordlm {

/// A value inside a cell, by its name in the cell's equations.
struct NamedVar {
  std::string name;
  unroll::Var var;  // (B, hidden)
};

/// The gates, and after them the state, of one step: of an LSTM i, f, o, g, c, h, of a GRU z, r, n,
/// h, of every cell at least its output.
///
/// The equations are not computed a second time. A gate is the value of the first activation
/// function (sigmoid, tanh, ...) on the way from the parameters of the branch that has the gate's
/// name ("layers.0.i.W"), as `tape` has recorded them, if the equations of the cell define that
/// name. Left out are branches that lead to no activation or to several, as weights that all gates
/// share do, and values of another shape than the output's.
///
/// `parameters` is the tree of the model, `layer` the beginning of the names of the cell's
/// parameters ("layers.0."), `state` that after the step. The tape holds this one step, layer after
/// layer.
[[nodiscard]] std::vector<NamedVar> cell_values(const unroll::CellEntry& cell,
                                                const unroll::Parameters& parameters,
                                                const std::string& layer,
                                                const unroll::AnyState& state);

}  // namespace wordlm
