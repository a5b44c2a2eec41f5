#pragma once
/// Layer normalisation.

#include <unroll/core/tape.h>
#include <unroll/layers/initialize.h>

namespace unroll {

/// y = gain (x - mean) / sqrt(variance + 1e-5) + b, mean and variance being those of x along its
/// last axis, the variance without Bessel's correction (Ba, Kiros & Hinton 2016, with the epsilon
/// of PyTorch). gain: (size), ones at first; b: (size), zeros at first. x (..., size) gives its
/// shape.
struct LayerNorm {
  /// Of rows of `size` elements; adds gain, and b.
  LayerNorm(const Parameters& p, Index size, bool bias = true);
  /// x (..., size); ShapeError for another last axis.
  Var operator()(Var x) const;

  Parameter gain;  // (size)
  Parameter b;     // of no tree without a bias
};

}  // namespace unroll
