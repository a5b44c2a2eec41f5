#pragma once
/// Stochastic gradient descent (Robbins & Monro 1951).

#include <unroll/core/gradients.h>

namespace unroll {

/// p -= learning_rate g. Rows of an embedding that no id touched are not visited.
struct Sgd {
  double learning_rate = 0.1;

  /// One step on the parameters the gradients belong to.
  void step(const Gradients& gradients) const;
};

}  // namespace unroll
