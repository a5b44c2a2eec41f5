#pragma once
/// What operations along one axis share.

#include <unroll/core/op.h>
#include <unroll/core/tape.h>

namespace unroll {

/// The attributes of an operation along an axis, counted from the front.
struct Axis {
  Index axis;
};

/// An array seen around one axis: (outer x count x inner).
struct Around {
  Around(const Shape& shape, Index axis)
      : outer(shape.size(0, static_cast<int>(axis))),
        count(shape[static_cast<int>(axis)]),
        inner(shape.size(static_cast<int>(axis) + 1, shape.rank())) {}
  Index outer;
  Index count;
  Index inner;
};

/// `axis` counted from the front. A wrong one stays as it is: the shape rule has the words for it.
[[nodiscard]] inline Index from_front(Var x, Index axis) {
  const int rank = x.shape().rank();
  return axis < 0 && axis >= -rank ? axis + rank : axis;
}

/// The shape of input 0 without the axis of which one element is chosen, the `extreme` one;
/// ShapeError where the axis is empty.
[[nodiscard]] Shape without_extreme_axis(const Signature& s, std::string_view extreme);

/// The size of x along an axis; ShapeError, beginning with `name`, where x has no such axis.
[[nodiscard]] Index size_along(std::string_view name, Var x, Index axis);

}  // namespace unroll
