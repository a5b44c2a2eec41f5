#pragma once
/// Operations that have fewer elements than their input.

#include <unroll/core/tape.h>

#include <initializer_list>

namespace unroll {

/// The sum of all elements, or along one axis or several (counted from the back where negative),
/// which are removed, or kept with one element.
Var sum(Var x);
Var sum(Var x, Index axis, bool keep = false);
Var sum(Var x, std::initializer_list<Index> axes, bool keep = false);

/// The mean of all elements, or along one axis or several; NaN where there is nothing to average.
Var mean(Var x);
Var mean(Var x, Index axis, bool keep = false);
Var mean(Var x, std::initializer_list<Index> axes, bool keep = false);

/// The largest, or the smallest, element along an axis; where several are, the gradient is shared
/// equally. ShapeError where there is none.
Var max(Var x, Index axis, bool keep = false);
Var max(Var x, std::initializer_list<Index> axes, bool keep = false);
Var min(Var x, Index axis, bool keep = false);

/// log(sum(exp(x))) along an axis, without overflow; of nothing, or of -infinity alone, -infinity.
/// Its gradient is the softmax of x; 0 where there is no x that counts.
Var logsumexp(Var x, Index axis, bool keep = false);

/// The product along an axis; of nothing 1.
Var prod(Var x, Index axis, bool keep = false);

/// The mean squared distance from the mean, along an axis. The sum of squares is divided by their
/// number less `correction`: 1 estimates the variance of what x is a sample of.
Var variance(Var x, Index axis, bool keep = false, Index correction = 0);

/// x divided by its length along an axis, sqrt(sum(x x)), or by epsilon where that is larger.
Var l2_normalise(Var x, Index axis, double epsilon = 1e-12);

/// `x`, of the shape that `shape` broadcasts to, summed back to `shape`.
Var sum_to(Var x, const Shape& shape);

}  // namespace unroll
