#pragma once
/// Layers without a state.

#include <unroll/core/tape.h>
#include <unroll/layers/initialize.h>
#include <unroll/ops/loss.h>

namespace unroll {

/// y = x Wᵀ + b. W: (out x in), b: (out); x (..., in) gives (..., out).
struct Linear {
  /// Adds W, and b.
  Linear(const Parameters& p, Index in, Index out, bool bias = true,
         const Initializer& initialize = fan_in_uniform(),
         const Initializer& initialize_bias = zeros());
  /// The same with a W that another layer owns: only b is new. With the W of an embedding, words
  /// are predicted by the vectors they are read by (Press & Wolf 2017); the gradients of both uses
  /// add up.
  Linear(const Parameter& W, const Parameters& p, bool bias = true,
         const Initializer& initialize_bias = zeros());
  /// x (..., in) gives (..., out); ShapeError for another last axis.
  Var operator()(Var x) const;

  Parameter W;  // (out x in)
  Parameter b;  // of no tree without a bias
};

/// softmax_cross_entropy(readout(x), targets): how far the readout of x (S..., in) is from
/// predicting targets (S...). Nobody has a Var of the logits, which for many classes are the
/// largest value of all: where the loss is computed with its gradient, that is written over them.
Var softmax_cross_entropy(const Linear& readout, Var x, Var targets,
                          Reduction reduction = Reduction::mean, Index ignore_index = kIgnoreNone);

/// A vector for each of `count` ids. W: (count x size); ids (...) give (..., size). The gradient is
/// row-sparse.
struct Embedding {
  /// Adds W.
  Embedding(const Parameters& p, Index count, Index size,
            const Initializer& initialize = uniform(0.1));
  /// ids i32; ValueError, when the result is computed, for one that is not in [0, count).
  Var operator()(Var ids) const;

  Parameter W;  // (count x size)
};

}  // namespace unroll
