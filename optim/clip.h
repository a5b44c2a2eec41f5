#pragma once
/// Clipping of gradients.

#include <unroll/core/gradients.h>

namespace unroll {

/// Scales all gradients by the same factor where their norm, taken together, exceeds `limit`
/// (Pascanu, Mikolov & Bengio 2013). Returns the norm before. Norms are added up in double
/// precision.
double clip_by_global_norm(Gradients& gradients, double limit);

/// Scales the gradient of each parameter by a factor of its own where its own norm exceeds `limit`,
/// so that one that explodes leaves the others alone. Norms are added up in double precision.
void clip_by_parameter_norm(Gradients& gradients, double limit);

/// Cuts every element to [-limit, limit].
void clip_by_value(Gradients& gradients, double limit);

}  // namespace unroll
