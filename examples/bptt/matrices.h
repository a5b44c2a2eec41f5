#pragma once
/// Two numbers that say what repeated multiplication by a matrix does.

#include <unroll/core/tensor.h>

namespace bptt {

/// The largest |eigenvalue| of a square matrix (n x n), f64: the limit of |A^m|^(1/m), reached by
/// squaring (Gelfand 1941), so that pairs of complex eigenvalues are no trouble.
[[nodiscard]] double spectral_radius(const unroll::TensorView& matrix);

/// The largest singular value of a matrix (m x n), f64: how much longer it can make a vector.
[[nodiscard]] double largest_singular_value(const unroll::TensorView& matrix);

}  // namespace bptt
