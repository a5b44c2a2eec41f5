#pragma once
/// Attributes that several families use.

#include <unroll/core/shape.h>

#include <array>

namespace unroll {

/// A shape, as an attribute.
struct ShapeAttribute {
  ShapeAttribute() = default;
  explicit ShapeAttribute(const Shape& shape) : rank(shape.rank()) {
    for (int axis = 0; axis < shape.rank(); ++axis) {
      dims[static_cast<std::size_t>(axis)] = shape[axis];
    }
  }
  [[nodiscard]] Shape shape() const {
    return Shape(std::span(dims).first(static_cast<std::size_t>(rank)));
  }
  std::array<Index, Shape::kMaxRank> dims{};
  Index rank = 0;
};

}  // namespace unroll
