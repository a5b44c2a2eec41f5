#include <unroll/core/error.h>
#include <unroll/core/shape.h>

#include <fmt/format.h>

#include <algorithm>

namespace unroll {

Shape::Shape(std::initializer_list<Index> dims)
    : Shape(std::span<const Index>(dims.begin(), dims.size())) {}

Shape::Shape(std::span<const Index> dims) : rank_(std::ssize(dims)) {
  if (dims.size() > kMaxRank) {
    fail<ShapeError>("a shape of {} dimensions: at most {} are supported", dims.size(), kMaxRank);
  }
  Index elements = 1;
  bool negative = false;
  bool countable = true;
  for (std::size_t axis = 0; axis < dims.size(); ++axis) {
    const Index dim = dims_[axis] = dims[axis];
    negative = negative || dim < 0;
    countable = countable && (dim == 0 || !__builtin_mul_overflow(elements, dim, &elements));
  }
  if (negative) fail<ShapeError>("a shape with a negative dimension: {}", to_string());
  if (!countable) {
    fail<ShapeError>("a shape of more elements than can be counted: {}", to_string());
  }
}

Index Shape::size() const { return size(0, rank()); }

Index Shape::size(int first, int last) const {
  Index product = 1;
  for (int axis = first; axis < last; ++axis) product *= (*this)[axis];
  return product;
}

Shape Shape::with(int axis, Index dim) const {
  Shape result = *this;
  result.dims_[static_cast<std::size_t>(axis)] = dim;
  return result;
}

Shape Shape::without(int axis) const {
  Shape result = *this;
  std::copy(result.dims_.begin() + axis + 1, result.dims_.end(), result.dims_.begin() + axis);
  result.dims_.back() = 0;
  --result.rank_;
  return result;
}

Shape Shape::inserted(int axis, Index dim) const {
  if (rank_ == kMaxRank) {
    fail<ShapeError>("{} cannot get one more dimension: at most {} are supported", to_string(),
                     kMaxRank);
  }
  Shape result = *this;
  std::copy_backward(dims_.begin() + axis, dims_.end() - 1, result.dims_.end());
  result.dims_[static_cast<std::size_t>(axis)] = dim;
  ++result.rank_;
  return result;
}

std::string Shape::to_string() const {
  return fmt::format("({})", fmt::join(dims_.begin(), dims_.begin() + rank_, " x "));
}

std::optional<Shape> broadcast(const Shape& a, const Shape& b) {
  if (a == b) return a;
  const Shape& longer = a.rank() >= b.rank() ? a : b;
  const Shape& shorter = a.rank() >= b.rank() ? b : a;
  Shape result = longer;
  const int offset = longer.rank() - shorter.rank();
  for (int axis = 0; axis < shorter.rank(); ++axis) {
    const Index x = longer[axis + offset];
    const Index y = shorter[axis];
    if (x != y && x != 1 && y != 1) return std::nullopt;
    result.dims_[static_cast<std::size_t>(axis + offset)] = x == 1 ? y : x;
  }
  return result;
}

}  // namespace unroll
