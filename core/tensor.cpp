#include <unroll/core/tensor.h>

#include <algorithm>
#include <cstring>
#include <new>

#ifdef __linux__
#include <sys/mman.h>
#endif

namespace unroll {

std::size_t size_of(DType dtype) { return dtype == DType::f64 ? 8 : 4; }

const char* name_of(DType dtype) {
  if (dtype == DType::f32) return "f32";
  return dtype == DType::f64 ? "f64" : "i32";
}

namespace {

/// Large blocks lie in huge pages where there are some: fewer of them to look up, and to fault in.
constexpr std::size_t kHugePage = std::size_t{1} << 21;

std::align_val_t alignment_of(std::size_t bytes) {
  return std::align_val_t{bytes < kHugePage ? Buffer::kAlignment : kHugePage};
}

}  // namespace

Buffer::Buffer(std::size_t bytes, Content content)
    : data_(static_cast<std::byte*>(
                ::operator new(std::max<std::size_t>(bytes, 1), alignment_of(bytes))),
            Free{bytes}),
      size_(bytes) {
#ifdef __linux__
  // Where the system knows none, it says so, and nothing is lost.
  if (bytes >= kHugePage) (void)madvise(data_.get(), bytes, MADV_HUGEPAGE);
#endif
  if (content == Content::zero) std::memset(data_.get(), 0, bytes);
}

void Buffer::Free::operator()(std::byte* p) const { ::operator delete(p, alignment_of(bytes)); }

void TensorView::require(DType wanted) const {
  if (wanted != dtype) {
    fail<TypeError>("a {} tensor {} was read as {}", name_of(dtype), shape.to_string(),
                    name_of(wanted));
  }
}

double TensorView::at(Index position) const {
  if (position < 0 || position >= size()) {
    fail<ValueError>("element {} of a tensor {} that has {}", position, shape.to_string(), size());
  }
  return dispatch(dtype, [&](auto zero) {
    return static_cast<double>(reinterpret_cast<const decltype(zero)*>(data)[position]);
  });
}

std::vector<double> TensorView::to_doubles() const {
  std::vector<double> result(static_cast<std::size_t>(size()));
  convert(*this, DType::f64, reinterpret_cast<std::byte*>(result.data()));
  return result;
}

Tensor::Tensor(DType dtype, const Shape& shape)
    : dtype_(dtype),
      shape_(shape),
      buffer_(static_cast<std::size_t>(shape.size()) * size_of(dtype)) {}

Tensor::Tensor(const TensorView& view) : Tensor(view.dtype, view.shape) {
  if (buffer_.size() != 0) std::memcpy(buffer_.data(), view.data, buffer_.size());
}

template <class T>
Tensor Tensor::of(const Shape& shape, std::span<const T> values) {
  if (static_cast<Index>(values.size()) != shape.size()) {
    fail<ShapeError>("{} values for a tensor {} of {} elements", values.size(), shape.to_string(),
                     shape.size());
  }
  Tensor result(dtype_of<T>(), shape);
  std::copy(values.begin(), values.end(), result.values<T>().begin());
  return result;
}

template Tensor Tensor::of<float>(const Shape&, std::span<const float>);
template Tensor Tensor::of<double>(const Shape&, std::span<const double>);
template Tensor Tensor::of<std::int32_t>(const Shape&, std::span<const std::int32_t>);

Tensor Tensor::to(DType dtype) const {
  Tensor result(dtype, shape_);
  convert(*this, dtype, result.data());
  return result;
}

void convert(const TensorView& from, DType to, std::byte* destination) {
  dispatch(from.dtype, [&](auto source_zero) {
    const auto source = from.values<decltype(source_zero)>();
    dispatch(to, [&](auto zero) {
      using T = decltype(zero);
      std::transform(source.begin(), source.end(), reinterpret_cast<T*>(destination),
                     [](auto x) { return static_cast<T>(x); });
    });
  });
}

}  // namespace unroll
