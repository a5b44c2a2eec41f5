#pragma once
/// The shape of a tensor: up to six dimensions, row-major.

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>

namespace unroll {

/// Sizes and positions.
using Index = std::int64_t;

/// Dimensions of a tensor, rank 0 (a scalar) to 6; a dimension may be 0.
class Shape {
 public:
  /// The largest rank.
  static constexpr int kMaxRank = 6;

  constexpr Shape() = default;
  /// Throws ShapeError for more than six dimensions or a negative one.
  Shape(std::initializer_list<Index> dims);
  explicit Shape(std::span<const Index> dims);

  /// The number of dimensions.
  [[nodiscard]] int rank() const { return static_cast<int>(rank_); }
  /// Dimension `axis`, counted from 0 and not checked.
  [[nodiscard]] Index operator[](int axis) const { return dims_[static_cast<std::size_t>(axis)]; }
  /// The number of elements: the product of the dimensions, 1 for a scalar.
  [[nodiscard]] Index size() const;
  /// The product of the dimensions in [first, last).
  [[nodiscard]] Index size(int first, int last) const;

  /// This shape with dimension `axis` replaced, removed, or a new one put before it.
  [[nodiscard]] Shape with(int axis, Index dim) const;
  [[nodiscard]] Shape without(int axis) const;
  [[nodiscard]] Shape inserted(int axis, Index dim) const;

  /// "(20 x 200)"; "()" for a scalar.
  [[nodiscard]] std::string to_string() const;

  friend bool operator==(const Shape& a, const Shape& b) {
    Index difference = a.rank_ ^ b.rank_;
    for (std::size_t axis = 0; axis < kMaxRank; ++axis) difference |= a.dims_[axis] ^ b.dims_[axis];
    return difference == 0;
  }

 private:
  friend std::optional<Shape> broadcast(const Shape& a, const Shape& b);

  std::array<Index, kMaxRank> dims_{};  // unused dimensions stay 0, so that == compares all
  Index rank_ = 0;  // as wide as a dimension: without padding a shape can be an attribute
};

/// The shape two operands broadcast to by NumPy's rule (aligned at the last dimension, 1
/// stretches), or nothing where they do not.
[[nodiscard]] std::optional<Shape> broadcast(const Shape& a, const Shape& b);

}  // namespace unroll
