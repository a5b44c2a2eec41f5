#pragma once
/// Initial values of parameters. Weights are (out x in): the fan-in is the last dimension.

#include <unroll/core/parameters.h>

namespace unroll {

/// All 0, or all `value`.
Initializer zeros();
Initializer constant(double value);
/// Uniform in [-limit, limit), or in [low, high).
Initializer uniform(double limit);
Initializer uniform(double low, double high);
/// Normal with mean 0.
Initializer normal(double standard_deviation);
/// Uniform in +-1/sqrt(fan in), the tutorials' choice; of a vector, its length.
Initializer fan_in_uniform();
/// The same for a matrix that is stored transposed, (in x out), as one-hot inputs' weights are.
Initializer fan_in_uniform_transposed();
/// Uniform in +-sqrt(6 / (in + out)) (Glorot & Bengio 2010, eq. 16).
Initializer glorot();
/// A random orthogonal matrix (Saxe et al. 2014): orthonormal rows, or columns where there are
/// fewer.
Initializer orthogonal(double gain = 1);
/// `scale` on the diagonal (Le, Jaitly & Hinton 2015).
Initializer identity(double scale = 1);

}  // namespace unroll
