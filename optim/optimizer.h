#pragma once
/// What all optimizers share.

#include <unroll/core/gradients.h>

#include <map>
#include <memory>

namespace unroll {

/// What becomes of a row that the gradient of a step does not touch: a word that did not occur, or
/// a parameter the loss did not depend on. Its gradient is zero, and the formula says the rest.
enum class Untouched : std::uint8_t {
  stay,  // nothing: such rows are not visited
  fade,  // what is remembered of it shrinks by a known power, made up for when it is next touched
  move,  // the parameters themselves move (momentum, decay): every step visits every row
};

/// Changes parameters by their gradients, and remembers what its formula needs from step to step.
/// In all formulas g is the gradient of the loss with respect to p, and a name that stands on both
/// sides of = is the value of the step before on the right.
class Optimizer {
 public:
  /// With that learning rate at first.
  explicit Optimizer(double rate) : learning_rate(rate) {}
  virtual ~Optimizer() = default;

  /// One step on the parameters the gradients belong to: of one tree (or one branch of it), always
  /// the same; Error for others.
  virtual void step(const Gradients& gradients) = 0;

  /// What it remembers, by name ("v.encoder.W"), to be saved beside the parameters: an optimizer
  /// that is given it back goes on as if it had never stopped. Empty before the first step.
  [[nodiscard]] virtual std::map<std::string, Tensor> state() const = 0;
  /// Takes the state of an optimizer of the same kind; Error where something is missing or does not
  /// fit the parameters, and nothing is changed.
  virtual void restore(const Parameters& parameters,
                       const std::map<std::string, Tensor>& state) = 0;

  /// Which rows a step changes.
  [[nodiscard]] virtual Untouched untouched() const = 0;

  double learning_rate;  // may be changed between steps

 protected:
  /// Copied by those that are derived from it.
  Optimizer(const Optimizer&) = default;
  Optimizer& operator=(const Optimizer&) = default;
};

}  // namespace unroll
