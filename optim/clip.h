#pragma once
/// Clipping of gradients.

#include <unroll/core/gradients.h>

namespace unroll {

/// What clipping makes of gradients whose norm is infinite or NaN.
enum class NonFinite : std::uint8_t {
  error,   // a NonFiniteError that names the first parameter with such a gradient
  report,  // they stay as they are; the norm that is returned tells, and the step can be skipped:
           // if (!std::isfinite(clip_by_global_norm(gradients, 5, NonFinite::report))) continue;
};

/// Scales all gradients by the same factor where their norm, taken together, exceeds `limit`
/// (Pascanu, Mikolov & Bengio 2013). Returns the norm before. Norms are added up in double
/// precision.
double clip_by_global_norm(Gradients& gradients, double limit,
                           NonFinite non_finite = NonFinite::error);

/// Scales the gradient of each parameter by a factor of its own where its own norm exceeds `limit`,
/// so that one that explodes leaves the others alone. Norms are added up in double precision. A
/// NonFiniteError where a norm is infinite or NaN.
void clip_by_parameter_norm(Gradients& gradients, double limit);

/// Cuts every element to [-limit, limit]; NaN stays NaN.
void clip_by_value(Gradients& gradients, double limit);

}  // namespace unroll
