#pragma once
/// The affine map inside every gate of every cell: W x + U h + b.

#include <unroll/core/tape.h>
#include <unroll/layers/initialize.h>

namespace unroll {

/// What a layer reads: vectors of `size` features, or ids that stand for one-hot vectors.
struct Input {
  Input(Index features) : size(features) {}  // NOLINT: a number of features is an input
  /// Ids below `count`: W x then is a row of Wᵀ, looked up, and W is stored transposed, (count x
  /// out), so that its gradient is row-sparse.
  static Input one_hot(Index count);

  Index size;
  bool ids = false;
};

/// How the parameters of a cell begin.
struct CellOptions {
  bool bias = true;
  Initializer W = {};  // empty: uniform in +-1/sqrt(fan in)
  Initializer U = fan_in_uniform();
  Initializer b = zeros();
  double forget_bias = 1;  // added to the bias of a forget gate (Jozefowicz et al. 2015)
  Index depth = 2;         // of cells that are deep by themselves: layers, or micro-steps
};

/// The options of a forget gate: the same, with the forget bias added to b.
[[nodiscard]] CellOptions with_forget_bias(const CellOptions& options);

/// W x + U h + b. W: (hidden x in), U: (hidden x hidden), b: (hidden).
struct Gate {
  Gate(const Parameters& p, Input in, Index hidden, const CellOptions& options = {});

  /// W x + U h + b for x (B, in), or ids (B), and h (B, hidden): (B, hidden)
  Var operator()(Var x, Var h) const;
  /// W x + b
  [[nodiscard]] Var x(Var x) const;
  /// U h
  [[nodiscard]] Var h(Var h) const;

  Parameter W;
  Parameter U;
  Parameter b;  // of no tree without a bias

 private:
  bool ids_;
};

}  // namespace unroll
