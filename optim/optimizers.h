#pragma once
/// Every optimizer, and the list of them.

#include <unroll/optim/adadelta.h>
#include <unroll/optim/adagrad.h>
#include <unroll/optim/adam.h>
#include <unroll/optim/averaged.h>
#include <unroll/optim/rmsprop.h>
#include <unroll/optim/sgd.h>

namespace unroll {

/// One entry of the list of optimizers: an optimizer, or one form of it.
struct OptimizerEntry {
  std::string_view name;       // on command lines
  std::string_view source;     // the paper it comes from
  std::string_view equations;  // one a line
  double learning_rate;        // to begin with
  double weight_decay;         // as it is usually used
  /// The optimizer, at that rate.
  std::unique_ptr<Optimizer> (*make)(double learning_rate, double weight_decay);
};

/// Every optimizer there is; tests and programs walk this list.
[[nodiscard]] std::span<const OptimizerEntry> all_optimizers();
/// The optimizer of that name; Error naming those there are.
[[nodiscard]] const OptimizerEntry& find_optimizer(std::string_view name);

}  // namespace unroll
