#pragma once
/// Gradients held against finite differences.

#include <unroll/core/tape.h>

#include <functional>
#include <string>
#include <vector>

namespace unroll {

/// The step of finite differences, and how far a gradient may be from them: relative times the
/// larger of the two, plus absolute. A difference is off by about 1e-16 |f| / step, since f is
/// rounded, and by step squared times a third derivative: sums over many steps want 1e-5 or 1e-4.
struct GradientCheckOptions {
  double step = 1e-6;                // of the central difference, times max(1, |x|)
  double relative_tolerance = 1e-6;  // a share of the larger of the two
  double absolute_tolerance = 1e-8;  // added to that
};

/// What a gradient check found.
struct GradientCheck {
  bool passed = true;      // whether every element is within the tolerances
  double worst_error = 0;  // |analytic - numeric|, divided by what is allowed: above 1 fails
  std::size_t input = 0;   // the worst element: which input or parameter,
  std::string name;        // its name, where it is a parameter,
  Index element = 0;       // its position, row-major,
  double analytic = 0;     // the gradient there
  double numeric = 0;      // and the central difference
  /// "input 1 (3 x 4), element 7: gradient 0.123 but finite difference 0.456", and whether it
  /// passed.
  std::string message;
};

/// Holds the gradients of `f` with respect to each floating-point input against central differences
/// in f64. `f` may return any shape: its elements are weighted by fixed random numbers and summed.
[[nodiscard]] GradientCheck check_gradients(
    const std::function<Var(Tape&, std::span<const Var>)>& f, const std::vector<Tensor>& inputs,
    const GradientCheckOptions& options = {});

/// The same with respect to every parameter of a tree, which has to be f64; it is left as it was.
[[nodiscard]] GradientCheck check_gradients(const std::function<Var(Tape&)>& f,
                                            const Parameters& parameters,
                                            const GradientCheckOptions& options = {});

}  // namespace unroll
