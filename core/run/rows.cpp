#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "unroll/core/run/rows.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep

#include <hwy/highway.h>
#include <unroll/core/run/rows.h>

HWY_BEFORE_NAMESPACE();
namespace unroll::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class T>
using Tag = hn::ScalableTag<T>;
template <class T>
Index lanes() {
  return static_cast<Index>(hn::Lanes(Tag<T>()));
}

template <class T>
void fill(T* row, Index n, T value) {
  const Tag<T> d;
  const auto values = hn::Set(d, value);
  Index i = 0;
  for (; i + lanes<T>() <= n; i += lanes<T>()) hn::StoreU(values, d, row + i);
  for (; i < n; ++i) row[i] = value;
}

template <class T>
void add(T* row, Index n, const T* other) {
  const Tag<T> d;
  Index i = 0;
  for (; i + lanes<T>() <= n; i += lanes<T>()) {
    hn::StoreU(hn::Add(hn::LoadU(d, row + i), hn::LoadU(d, other + i)), d, row + i);
  }
  for (; i < n; ++i) row[i] += other[i];
}

/// In four chains, since each addition waits for the one before it.
template <class T>
T sum(const T* row, Index n) {
  const Tag<T> d;
  const Index step = lanes<T>();
  auto a = hn::Zero(d);
  auto b = a;
  auto c = a;
  auto e = a;
  Index i = 0;
  for (; i + 4 * step <= n; i += 4 * step) {
    a = hn::Add(a, hn::LoadU(d, row + i));
    b = hn::Add(b, hn::LoadU(d, row + i + step));
    c = hn::Add(c, hn::LoadU(d, row + i + 2 * step));
    e = hn::Add(e, hn::LoadU(d, row + i + 3 * step));
  }
  for (; i + step <= n; i += step) a = hn::Add(a, hn::LoadU(d, row + i));
  T total = hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(a, b), hn::Add(c, e))));
  for (; i < n; ++i) total += row[i];
  return total;
}

template <class T>
constexpr RowKernels<T> kKernels{fill<T>, add<T>, sum<T>};
const RowKernels<float>* RowsF32() { return &kKernels<float>; }
const RowKernels<double>* RowsF64() { return &kKernels<double>; }

}  // namespace unroll::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace unroll {

HWY_EXPORT(RowsF32);
HWY_EXPORT(RowsF64);

template <>
const RowKernels<float>& row_kernels<float>() {
  return *HWY_DYNAMIC_DISPATCH(RowsF32)();
}
template <>
const RowKernels<double>& row_kernels<double>() {
  return *HWY_DYNAMIC_DISPATCH(RowsF64)();
}

}  // namespace unroll
#endif  // HWY_ONCE
