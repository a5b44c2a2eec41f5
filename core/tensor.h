#pragma once
/// Tensors: values in memory, row-major, with an element type known at run time.

#include <unroll/core/error.h>
#include <unroll/core/shape.h>

#include <cstddef>
#include <memory>
#include <span>
#include <type_traits>
#include <vector>

namespace unroll {

/// The element types.
enum class DType : std::uint8_t { f32, f64, i32 };

/// Bytes an element; its name ("f32"); whether it has fractions.
[[nodiscard]] std::size_t size_of(DType dtype);
[[nodiscard]] const char* name_of(DType dtype);
[[nodiscard]] inline bool is_floating(DType dtype) { return dtype != DType::i32; }

/// The element type that a C++ type is: float, double or std::int32_t.
template <class T>
[[nodiscard]] constexpr DType dtype_of() {
  static_assert(std::is_same_v<T, float> || std::is_same_v<T, double> ||
                std::is_same_v<T, std::int32_t>);
  if constexpr (std::is_same_v<T, float>) return DType::f32;
  if constexpr (std::is_same_v<T, double>) return DType::f64;
  return DType::i32;
}

/// Calls `f` with a zero of the C++ type that `dtype` names.
template <class F>
decltype(auto) dispatch(DType dtype, F&& f) {
  if (dtype == DType::f32) return f(float{});
  if (dtype == DType::f64) return f(double{});
  return f(std::int32_t{});
}

/// Memory aligned to a cache line (64 bytes); zeroed when made, unless said otherwise.
class Buffer {
 public:
  /// Where it begins: at a multiple of so many bytes.
  static constexpr std::size_t kAlignment = 64;
  Buffer() = default;
  /// The first contents: zeros, or whatever the memory held.
  enum class Content : std::uint8_t { zero, any };
  /// `bytes` of memory; std::bad_alloc where there are not as many.
  explicit Buffer(std::size_t bytes, Content content = Content::zero);

  /// Its first byte, and how many there are.
  [[nodiscard]] std::byte* data() const { return data_.get(); }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  struct Free {
    std::size_t bytes;
    void operator()(std::byte* p) const;
  };
  std::unique_ptr<std::byte, Free> data_;
  std::size_t size_ = 0;
};

class Tensor;

/// Values that somebody else owns: a type, a shape and a place.
struct TensorView {
  DType dtype = DType::f32;         // the element type
  Shape shape;                      // row-major
  const std::byte* data = nullptr;  // the first element

  /// The number of elements.
  [[nodiscard]] Index size() const { return shape.size(); }
  /// The elements in row-major order; throws TypeError where T is not the element type.
  template <class T>
  [[nodiscard]] std::span<const T> values() const {
    require(dtype_of<T>());
    return {reinterpret_cast<const T*>(data), static_cast<std::size_t>(size())};
  }
  /// Element `position` in row-major order, of any type, as a double.
  [[nodiscard]] double at(Index position) const;
  /// All elements in row-major order, as doubles.
  [[nodiscard]] std::vector<double> to_doubles() const;

 private:
  void require(DType wanted) const;
};

/// A tensor that owns its values. Copying copies the values.
class Tensor {
 public:
  Tensor() : Tensor(DType::f32, {0}) {}
  /// All zero.
  Tensor(DType dtype, const Shape& shape);
  /// A copy of the values of another.
  explicit Tensor(const TensorView& view);
  Tensor(const Tensor& other) : Tensor(other.view()) {}
  Tensor& operator=(const Tensor& other) { return *this = Tensor(other); }
  Tensor(Tensor&&) noexcept = default;
  Tensor& operator=(Tensor&&) noexcept = default;
  ~Tensor() = default;

  /// A tensor of the given values; throws ShapeError where their number is not the shape's size.
  template <class T>
  static Tensor of(const Shape& shape, std::span<const T> values);
  template <class T>
  static Tensor of(const Shape& shape, std::initializer_list<T> values) {
    return of(shape, std::span<const T>(values.begin(), values.size()));
  }
  template <class T>
  static Tensor of(const Shape& shape, const std::vector<T>& values) {
    return of(shape, std::span<const T>(values));
  }

  /// Its element type, its shape, and the number of its elements.
  [[nodiscard]] DType dtype() const { return dtype_; }
  [[nodiscard]] const Shape& shape() const { return shape_; }
  [[nodiscard]] Index size() const { return shape_.size(); }
  /// Its first element, and all of them as values that it goes on owning.
  [[nodiscard]] std::byte* data() { return buffer_.data(); }
  [[nodiscard]] TensorView view() const { return {dtype_, shape_, buffer_.data()}; }
  operator TensorView() const { return view(); }  // NOLINT: a tensor is its values

  /// The elements in row-major order, to read or to change; TypeError where T is not the
  /// element type.
  template <class T>
  [[nodiscard]] std::span<const T> values() const {
    return view().values<T>();
  }
  template <class T>
  [[nodiscard]] std::span<T> values() {
    const auto read_only = view().values<T>();
    return {reinterpret_cast<T*>(buffer_.data()), read_only.size()};
  }
  /// As of a view: one element, or all of them, as doubles.
  [[nodiscard]] double at(Index position) const { return view().at(position); }
  [[nodiscard]] std::vector<double> to_doubles() const { return view().to_doubles(); }
  /// The same values as another element type.
  [[nodiscard]] Tensor to(DType dtype) const;

 private:
  DType dtype_;
  Shape shape_;
  Buffer buffer_;
};

/// Copies values from one element type to another.
void convert(const TensorView& from, DType to, std::byte* destination);

extern template Tensor Tensor::of<float>(const Shape&, std::span<const float>);
extern template Tensor Tensor::of<double>(const Shape&, std::span<const double>);
extern template Tensor Tensor::of<std::int32_t>(const Shape&, std::span<const std::int32_t>);

}  // namespace unroll
