#pragma once
/// What all optimizers share, and the list of them.

#include <unroll/core/gradients.h>

#include <map>
#include <memory>

namespace unroll {

/// Changes parameters by their gradients, and remembers what its formula needs from step to step.
class Optimizer {
 public:
  explicit Optimizer(double rate) : learning_rate(rate) {}
  virtual ~Optimizer() = default;

  /// One step on the parameters the gradients belong to: of one tree, always the same.
  virtual void step(const Gradients& gradients) = 0;

  /// What it remembers, by name ("v.encoder.W"), to be saved beside the parameters: an optimizer
  /// that is given it back goes on as if it had never stopped. Empty before the first step.
  [[nodiscard]] virtual std::map<std::string, Tensor> state() const = 0;
  /// Takes the state of an optimizer of the same kind; Error where something is missing or does not
  /// fit the parameters, and nothing is changed.
  virtual void restore(const Parameters& parameters,
                       const std::map<std::string, Tensor>& state) = 0;

  double learning_rate;  // may be changed between steps

 protected:
  Optimizer(const Optimizer&) = default;
  Optimizer& operator=(const Optimizer&) = default;
};

}  // namespace unroll
