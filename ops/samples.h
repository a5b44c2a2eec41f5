#pragma once
/// Sample calls that many operations share.

#include <unroll/core/op.h>

#include <initializer_list>

namespace unroll {

using Vars = std::span<const Var>;

/// An interval to draw sample values from.
struct Domain {
  double low;
  double high;
};

/// Ids below `bound`.
[[nodiscard]] SampleInput ids(const Shape& shape, Index bound);

/// A function of one input over each domain, for a matrix, one element, no rows and a scalar.
[[nodiscard]] std::vector<Sample> unary_samples(Var (*f)(Var),
                                                std::initializer_list<Domain> domains);
/// A function of two inputs: equal shapes, one element, no rows, and every way to broadcast.
[[nodiscard]] std::vector<Sample> binary_samples(const std::function<Var(Var, Var)>& f, Domain a,
                                                 Domain b);

/// Integers where floating-point values are needed.
[[nodiscard]] std::vector<BadInput> unary_bad_inputs(std::string_view name, Var (*f)(Var));
/// Shapes that do not broadcast.
[[nodiscard]] std::vector<BadInput> binary_bad_inputs(std::string_view name,
                                                      const std::function<Var(Var, Var)>& f);

}  // namespace unroll
