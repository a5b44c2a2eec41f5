#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "unroll/core/run/rows.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep

#include <hwy/highway.h>
#include <unroll/core/run/rows.h>

HWY_BEFORE_NAMESPACE();
namespace unroll::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class T>
HWY_INLINE void fill_row(T* row, Index n, T value) {
  const hn::ScalableTag<T> d;
  const auto lanes = static_cast<Index>(hn::Lanes(d));
  const auto values = hn::Set(d, value);
  Index i = 0;
  for (; i + lanes <= n; i += lanes) hn::StoreU(values, d, row + i);
  for (; i < n; ++i) row[i] = value;
}

template <class T>
void fill_each_row(T* rows, Index count, Index n, const T* values, Index stride) {
  for (Index r = 0; r < count; ++r) fill_row(rows + r * n, n, values[r * stride]);
}

template <class T>
void add_rows(T* row, Index n, const T* others, Index stride, Index count) {
  const hn::ScalableTag<T> d;
  const auto lanes = static_cast<Index>(hn::Lanes(d));
  Index i = 0;
  for (; i + lanes <= n; i += lanes) {
    auto sum = hn::LoadU(d, row + i);
    for (Index r = 0; r < count; ++r) sum = hn::Add(sum, hn::LoadU(d, others + r * stride + i));
    hn::StoreU(sum, d, row + i);
  }
  for (; i < n; ++i) {
    for (Index r = 0; r < count; ++r) row[i] += others[r * stride + i];
  }
}

/// In four chains, since each addition waits for the one before it.
template <class T>
HWY_INLINE T sum_row(const T* row, Index n) {
  const hn::ScalableTag<T> d;
  const auto lanes = static_cast<Index>(hn::Lanes(d));
  auto a = hn::Zero(d);
  auto b = a;
  auto c = a;
  auto e = a;
  Index i = 0;
  for (; i + 4 * lanes <= n; i += 4 * lanes) {
    a = hn::Add(a, hn::LoadU(d, row + i));
    b = hn::Add(b, hn::LoadU(d, row + i + lanes));
    c = hn::Add(c, hn::LoadU(d, row + i + 2 * lanes));
    e = hn::Add(e, hn::LoadU(d, row + i + 3 * lanes));
  }
  for (; i + lanes <= n; i += lanes) a = hn::Add(a, hn::LoadU(d, row + i));
  T total = hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(a, b), hn::Add(c, e))));
  for (; i < n; ++i) total += row[i];
  return total;
}

template <class T>
void sum_each_row(const T* rows, Index stride, Index count, Index n, T* sums, bool adds) {
  for (Index r = 0; r < count; ++r) {
    const T sum = sum_row(rows + r * stride, n);
    sums[r] = adds ? sums[r] + sum : sum;
  }
}

template <class T>
constexpr RowKernels<T> kRowKernels{fill_row<T>, fill_each_row<T>, add_rows<T>, sum_each_row<T>};
const RowKernels<float>* RowsF32() { return &kRowKernels<float>; }
const RowKernels<double>* RowsF64() { return &kRowKernels<double>; }

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
