#pragma once
/// A recurrent network small enough to follow with a pencil: unrolled, differentiated, printed and
/// checked; and its gradient as the textbooks write it, a sum over pairs of steps.

#include <unroll/unroll.h>

#include <functional>
#include <vector>

#include "bptt/folder.h"

namespace bptt {

/// The gradient of a weight as a sum over pairs of steps: element [t][k] is the part of output t
/// that goes through the use of the weight at step k, of the weight's shape; zero where k > t.
using GradientTerms = std::vector<std::vector<unroll::Tensor>>;

/// The terms dL_t/dU_k, where the loss is the sum over t of L_t = `loss_of`(output of step t) and
/// U_k is the `weight` as step k reads it: a copy of its own at each step. x: (T, B, in), f64; the
/// state begins at zero.
[[nodiscard]] GradientTerms gradient_terms(const unroll::AnyCell& cell,
                                           const unroll::Parameter& weight, const unroll::Tensor& x,
                                           const std::function<unroll::Var(unroll::Var)>& loss_of);
/// All terms added up, row-major: the gradient of the weight.
[[nodiscard]] std::vector<double> sum_of(const GradientTerms& terms);

/// A node, and the gradient of the loss with respect to its value.
struct NodeGradient {
  unroll::Var node;
  unroll::Var gradient;
};

/// The gradients of the sum of `loss` with respect to every node that has a part in it, in the
/// order in which the tape is walked: from the loss back to what was recorded first.
[[nodiscard]] std::vector<NodeGradient> walk_back(unroll::Var loss);

/// h' = W x + U h, y = V h: two units each, all weights 1, no activation function. Its inputs are
/// [1, 1], [1, 1], [2, 2], its outputs therefore [4, 4], [12, 12], [32, 32].
class ToyNetwork {
 public:
  ToyNetwork();
  /// The outputs of the three steps, (3, 1, 2).
  [[nodiscard]] unroll::Var outputs(unroll::Tape& tape) const;
  /// The same step by step: what is read, the state after it and the output, each (1, 2).
  struct Step {
    unroll::Var x;
    unroll::Var h;
    unroll::Var y;
  };
  [[nodiscard]] std::vector<Step> steps(unroll::Tape& tape) const;
  /// W and U ("rnn.h"), V ("output").
  [[nodiscard]] const unroll::Parameters& parameters() const { return parameters_; }
  /// The terms of the gradient of W or of U, where the loss is the sum of all outputs.
  [[nodiscard]] GradientTerms terms(const unroll::Parameter& weight) const;
  [[nodiscard]] const unroll::Parameter& W() const { return cell_.gate.W; }
  [[nodiscard]] const unroll::Parameter& U() const { return cell_.gate.U; }
  [[nodiscard]] const unroll::Parameter& V() const { return readout_.W; }

 private:
  unroll::Parameters parameters_{unroll::DType::f64};
  unroll::Rnn cell_;
  unroll::Linear readout_;
};

/// The chapter.
void run_toy(const Folder& folder);

}  // namespace bptt
