#pragma once
/// Gradients held against finite differences, whole cells and then each operation by itself; and an
/// operation whose gradient is wrong on purpose, which has to be found.

#include <unroll/unroll.h>

#include <string>
#include <vector>

#include "bptt/folder.h"

namespace bptt {

/// tanh(x), with a gradient rule that gives `factor` times the right gradient.
[[nodiscard]] unroll::Var planted_tanh(unroll::Var x, double factor);

/// An LSTM with planted_tanh in place of the tanh of h' = o tanh(c').
class PlantedLstm {
 public:
  using State = unroll::Lstm::State;
  PlantedLstm(const unroll::Parameters& p, unroll::Input in, unroll::Index hidden, double factor)
      : hidden(hidden), lstm_(p, in, hidden), factor_(factor) {}
  [[nodiscard]] State step(unroll::Var x, State s) const;

  unroll::Index hidden;

 private:
  unroll::Lstm lstm_;
  double factor_;
};

/// Holds the gradients of all outputs of a cell over x (T, B, in), from a state of zeros, with
/// respect to its parameters `p`, f64, against finite differences.
[[nodiscard]] unroll::GradientCheck check_cell_gradients(
    const unroll::AnyCell& cell, const unroll::Parameters& p, const unroll::Tensor& x,
    const unroll::GradientCheckOptions& options = {});

/// What checking the nodes of one operation by themselves found.
struct OperationCheck {
  std::string name;                  // of the operation
  unroll::Index nodes = 0;           // of it on the tape
  unroll::GradientCheck worst = {};  // of the node with the largest error
};

/// Checks each node that was recorded up to `last` by itself: records its operation once more on
/// the values its inputs have, and holds that gradient against finite differences. One entry an
/// operation that has a gradient, in the order of their first nodes; nodes that gradients recorded
/// are left out.
[[nodiscard]] std::vector<OperationCheck> check_each_operation(unroll::Var last);

/// A step of finite differences, and the largest |gradient - difference| over all parameters.
struct StepError {
  double step;
  double error;
};
/// The steps 10^-1 ... 10^-12, with the error of each.
[[nodiscard]] std::vector<StepError> errors_by_step(const unroll::AnyCell& cell,
                                                    const unroll::Parameters& p,
                                                    const unroll::Tensor& x);

/// The chapter.
void run_check(const Folder& folder);

}  // namespace bptt
