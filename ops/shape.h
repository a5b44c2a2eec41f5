#pragma once
/// Operations that arrange elements: reshape, transpose, slice, concat, split, stack, unstack.

#include <unroll/ops/expression.h>

namespace unroll {

/// The same elements in row-major order under another shape; costs nothing.
Var reshape(Var x, const Shape& shape);
/// Two axes exchanged; without axes, of a matrix.
Var transpose(Var x);
Var transpose(Var x, Index a, Index b);
Expression transpose(const Expression& x);
/// Elements [begin, end) along an axis; costs nothing along the first.
Var slice(Var x, Index axis, Index begin, Index end);
/// Elements [begin, end) along the first axis, a view.
Var rows(Var x, Index begin, Index end);
/// Element `position` along the first axis, which is removed: x[t]; costs nothing.
Var select(Var x, Index position);
/// Parts of equal shape but for `axis`, joined along it.
Var concat(std::span<const Var> parts, Index axis);
/// The inverse of concat: `parts` pieces of equal size along an axis.
std::vector<Var> split(Var x, Index parts, Index axis);
/// Steps of one shape S joined to (steps, S), and the inverse. Forward and backward cost in
/// proportion to the elements, however many steps there are.
Var stack(std::span<const Var> steps);
std::vector<Var> unstack(Var x);
/// `x` in a tensor of zeros with `size` elements along `axis`, beginning at `begin`: what slice
/// undoes.
Var place(Var x, Index axis, Index begin, Index size);
/// Repeated by NumPy's rule to a wider shape.
Var broadcast_to(Var x, const Shape& shape);
/// A tensor with every element `value`.
Var full(Tape& tape, const Shape& shape, double value);
/// A (rows x columns) mask: 1 at row i, column j where j <= i + diagonal, else 0. With 0, a step
/// sees itself and those before it; with -1 those before it alone.
Var lower_triangle(Tape& tape, Index rows, Index columns, Index diagonal = 0);
/// The same where j >= i + diagonal.
Var upper_triangle(Tape& tape, Index rows, Index columns, Index diagonal = 0);
/// The value of `x`, as a constant: no gradient flows through.
Var stop_gradient(Var x);
/// The sum of tensors of one shape.
Var add_up(std::span<const Var> terms);

}  // namespace unroll
