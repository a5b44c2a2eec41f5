#pragma once
/// Layers without a state.

#include <unroll/core/tape.h>
#include <unroll/layers/initialize.h>

namespace unroll {

/// y = x Wᵀ + b. W: (out x in), b: (out); x (..., in) gives (..., out).
struct Linear {
  Linear(const Parameters& p, Index in, Index out, bool bias = true,
         const Initializer& initialize = fan_in_uniform(),
         const Initializer& initialize_bias = zeros());
  /// The same with a W that another layer owns: only b is new. With the W of an embedding, words
  /// are predicted by the vectors they are read by (Press & Wolf 2017); the gradients of both uses
  /// add up.
  Linear(const Parameter& W, const Parameters& p, bool bias = true,
         const Initializer& initialize_bias = zeros());
  Var operator()(Var x) const;

  Parameter W;
  Parameter b;  // of no tree without a bias
};

/// A vector for each of `count` ids. W: (count x size); ids (...) give (..., size). The gradient is
/// row-sparse.
struct Embedding {
  Embedding(const Parameters& p, Index count, Index size,
            const Initializer& initialize = uniform(0.1));
  Var operator()(Var ids) const;

  Parameter W;
};

}  // namespace unroll
