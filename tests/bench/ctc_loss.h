#pragma once
/// Connectionist temporal classification, written step by step.

#include <unroll/unroll.h>

namespace bench {

/// How improbable sequences of labels are, however they are spread over the steps (Graves et al.
/// 2006, eq. 5-8): the forward recursion over the labels with blanks around them, in logarithms.
class CtcLoss {
 public:
  /// labels (batch, length), each in [1, classes): class 0 is the blank.
  CtcLoss(const unroll::Tensor& labels, unroll::Index steps, unroll::Index classes);

  /// -log p(labels), (batch, 1), of log_p (steps, batch, classes), the logarithms of the
  /// probabilities of all classes at each step.
  [[nodiscard]] unroll::Var operator()(unroll::Var log_p) const;

 private:
  unroll::Index batch_;
  unroll::Index positions_;   // of the labels with blanks around them
  unroll::Tensor looked_up_;  // (steps, batch, positions): the elements of log_p that count
  unroll::Tensor skip_;       // (batch, positions): 0 where the blank before may be left out
  unroll::Tensor start_;      // (batch, positions): 0 where a path may begin
};

}  // namespace bench
