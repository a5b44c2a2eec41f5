#pragma once
/// A recurrent network small enough to follow with a pencil: unrolled, differentiated, printed and
/// checked.

#include <unroll/unroll.h>

#include "bptt/folder.h"

namespace bptt {

/// h' = W x + U h, y = V h: two units each, all weights 1, no activation function. Its inputs are
/// [1, 1], [1, 1], [2, 2], its outputs therefore [4, 4], [12, 12], [32, 32].
class ToyNetwork {
 public:
  ToyNetwork();
  /// The outputs of the three steps, (3, 1, 2).
  [[nodiscard]] unroll::Var outputs(unroll::Tape& tape) const;
  /// W and U ("rnn.h"), V ("output").
  [[nodiscard]] const unroll::Parameters& parameters() const { return parameters_; }

 private:
  unroll::Parameters parameters_{unroll::DType::f64};
  unroll::Rnn cell_;
  unroll::Linear readout_;
};

/// The chapter.
void run_toy(const Folder& folder);

}  // namespace bptt
