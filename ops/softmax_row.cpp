#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "unroll/ops/softmax_row.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep

#include <unroll/ops/simd-inl.h>
#include <unroll/ops/softmax_row.h>

HWY_BEFORE_NAMESPACE();
namespace unroll::HWY_NAMESPACE {

/// The largest of x[0..n). NaNs may be passed over: exp_sum does not.
template <class T>
T largest(const T* x, std::size_t n) {
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  const auto first = hn::Set(d, x[0]);
  auto best = first;
  auto other = first;  // one maximum waits for the one before it
  std::size_t i = 0;
  for (; i + 4 * lanes <= n; i += 4 * lanes) {
    const auto at = [&](std::size_t j) { return hn::LoadU(d, x + i + j * lanes); };
    best = hn::Max(best, hn::Max(at(0), at(1)));
    other = hn::Max(other, hn::Max(at(2), at(3)));
  }
  for (; i + lanes <= n; i += lanes) best = hn::Max(best, hn::LoadU(d, x + i));
  T result = hn::GetLane(hn::MaxOfLanes(d, hn::Max(best, other)));
  for (; i < n; ++i) result = x[i] > result ? x[i] : result;
  return result;
}

/// y[i] = exp(x[i] - top) where y is given; returns the sum. No x is larger than the top.
template <class T>
T exp_sum(const T* x, T top, T* y, std::size_t n) {
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  const auto tops = hn::Set(d, top);
  auto sum = hn::Zero(d);
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    const auto v = exp_of_minus_abs(d, hn::Sub(hn::LoadU(d, x + i), tops));
    if (y != nullptr) hn::StoreU(v, d, y + i);
    sum = hn::Add(sum, v);
  }
  T total = hn::GetLane(hn::SumOfLanes(d, sum));
  HWY_ALIGN T tail[hn::MaxLanes(d)] = {};
  for (std::size_t j = i; j < n; ++j) tail[j - i] = x[j] - top;
  if (i < n) hn::Store(exp_of_minus_abs(d, hn::Load(d, tail)), d, tail);
  for (std::size_t j = i; j < n; ++j) {
    if (y != nullptr) y[j] = tail[j - i];
    total += tail[j - i];
  }
  return total;
}

template <class T>
Normaliser<T> normaliser_row(const T* x, std::size_t n) {
  const T top = largest(x, n);
  return {top, exp_sum<T>(x, top, nullptr, n)};
}

template <class T>
Normaliser<T> softmax_row(const T* x, T* y, std::size_t n, T weight) {
  const T top = largest(x, n);
  const T total = exp_sum(x, top, y, n);
  const T factor = weight / total;
  const auto times = [&](auto d, auto v) { return hn::Mul(v, hn::Set(d, factor)); };
  sweep_row(times, hn::ScalableTag<T>(), n, y, y);
  return {top, total};
}

Normaliser<float> SoftmaxF32(const float* x, float* y, std::size_t n, float weight) {
  return softmax_row(x, y, n, weight);
}
Normaliser<double> SoftmaxF64(const double* x, double* y, std::size_t n, double weight) {
  return softmax_row(x, y, n, weight);
}
Normaliser<float> NormaliserF32(const float* x, std::size_t n) { return normaliser_row(x, n); }
Normaliser<double> NormaliserF64(const double* x, std::size_t n) { return normaliser_row(x, n); }

}  // namespace unroll::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace unroll {

HWY_EXPORT(SoftmaxF32);
HWY_EXPORT(SoftmaxF64);
HWY_EXPORT(NormaliserF32);
HWY_EXPORT(NormaliserF64);

Normaliser<float> softmax_of(const float* x, float* y, std::size_t n, float weight) {
  return HWY_DYNAMIC_DISPATCH(SoftmaxF32)(x, y, n, weight);
}
Normaliser<double> softmax_of(const double* x, double* y, std::size_t n, double weight) {
  return HWY_DYNAMIC_DISPATCH(SoftmaxF64)(x, y, n, weight);
}
Normaliser<float> normaliser_of(const float* x, std::size_t n) {
  return HWY_DYNAMIC_DISPATCH(NormaliserF32)(x, n);
}
Normaliser<double> normaliser_of(const double* x, std::size_t n) {
  return HWY_DYNAMIC_DISPATCH(NormaliserF64)(x, n);
}

}  // namespace unroll
#endif  // HWY_ONCE
