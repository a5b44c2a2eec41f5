#pragma once
/// How far a gradient travels: the length of dL/dh_t over t, the Jacobians between steps, and the
/// eigenvalues behind both.

#include <unroll/unroll.h>

#include <functional>
#include <string>
#include <vector>

#include "bptt/folder.h"

namespace bptt {

/// The length of the gradient with respect to one Var of the state, after each of the T steps: the
/// root of its mean square over sequences.
using Lengths = std::vector<double>;

/// The lengths for each Var of the state of `cell` (h; of an LSTM h and c), of the gradient of
/// `loss_of`(output of the last step): (B, hidden) to a sum over sequences. x: (T, B, in), f64; the
/// state begins at zero.
[[nodiscard]] std::vector<Lengths> state_gradients(
    const unroll::AnyCell& cell, const unroll::Tensor& x,
    const std::function<unroll::Var(unroll::Var)>& loss_of);

/// dh_T/dh_t for t = 1 ... T - 1, each (hidden x hidden): the products of the Jacobians of the
/// steps between. Of a cell whose state is one Var, over x (T, 1, in), f64.
[[nodiscard]] std::vector<unroll::Tensor> jacobians_to_last(const unroll::AnyCell& cell,
                                                            const unroll::Tensor& x);

/// What |dh_T/dh_t| of h' = f(W x + U h + b) cannot exceed where t lies `steps` before T: (slope
/// times the largest singular value of U)^steps, `slope` being the largest slope of f, 1 for tanh
/// and 1/4 for the sigmoid (Pascanu, Mikolov & Bengio 2013, equations 6 and 7).
[[nodiscard]] double pascanu_bound(const unroll::TensorView& U, double slope, unroll::Index steps);

/// By how much the Jacobian of the linear network h' = U h grows a step in the long run: (|dh over
/// `far` steps| / |dh over `near` steps|)^(1 / (far - near)), the largest singular values of what
/// the tape gives. U: (n x n), f64.
[[nodiscard]] double growth_per_step(const unroll::Tensor& U, unroll::Index near,
                                     unroll::Index far);

/// The chapter.
void run_vanish(const Folder& folder);

}  // namespace bptt
