/// Copies of a part of a matrix, in the order in which the kernels of a product read it. Included
/// once for every instruction set, hence the unusual guard.

#if defined(UNROLL_CORE_RUN_PACK_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef UNROLL_CORE_RUN_PACK_INL_H_
#undef UNROLL_CORE_RUN_PACK_INL_H_
#else
#define UNROLL_CORE_RUN_PACK_INL_H_
#endif

#include <hwy/highway.h>
#include <unroll/core/run/gemm.h>
#include <unroll/core/run/tile-inl.h>

#include <algorithm>

HWY_BEFORE_NAMESPACE();
namespace unroll::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// A short copy, for which a call would take longer.
template <class T>
HWY_INLINE void copy_row(const T* from, Index count, T* to) {
  const Tag<T> d;
  Index i = 0;
  for (; i + kLanes<T> <= count; i += kLanes<T>) hn::StoreU(hn::LoadU(d, from + i), d, to + i);
  for (; i < count; ++i) to[i] = from[i];
}

#if HWY_TARGET != HWY_SCALAR
/// Four elements of each of some rows, `stride` apart, in one vector.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> load_fours(D d, const T* rows, Index stride) {
  constexpr std::size_t lanes = hn::MaxLanes(d);
  if constexpr (lanes <= 4) {
    return hn::LoadU(d, rows);
  } else {
    const hn::Half<D> half;
    const T* const upper = rows + static_cast<Index>(lanes / 8) * stride;
    return hn::Combine(d, load_fours(half, upper, stride), load_fours(half, rows, stride));
  }
}

/// As many rows of b as a vector of D has elements become columns of a panel: squares of four by
/// four elements at a time, side by side in a vector.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE void transpose_rows(D d, const T* b, Index ldb, Index k, T* out) {
  constexpr Index width = kPanel<T>;
  constexpr auto lanes = static_cast<Index>(hn::MaxLanes(d));
  Index p = 0;
  for (; p + 4 <= k; p += 4) {
    const auto v0 = load_fours(d, b + p, 4 * ldb);
    const auto v1 = load_fours(d, b + p + ldb, 4 * ldb);
    const auto v2 = load_fours(d, b + p + 2 * ldb, 4 * ldb);
    const auto v3 = load_fours(d, b + p + 3 * ldb, 4 * ldb);
    const auto low02 = hn::InterleaveLower(d, v0, v2);
    const auto low13 = hn::InterleaveLower(d, v1, v3);
    const auto high02 = hn::InterleaveUpper(d, v0, v2);
    const auto high13 = hn::InterleaveUpper(d, v1, v3);
    T* const to = out + p * width;
    hn::StoreU(hn::InterleaveLower(d, low02, low13), d, to);
    hn::StoreU(hn::InterleaveUpper(d, low02, low13), d, to + width);
    hn::StoreU(hn::InterleaveLower(d, high02, high13), d, to + 2 * width);
    hn::StoreU(hn::InterleaveUpper(d, high02, high13), d, to + 3 * width);
  }
  for (; p < k; ++p) {
    for (Index j = 0; j < lanes; ++j) out[p * width + j] = b[j * ldb + p];
  }
}
#endif

/// Columns [begin, begin + kPanel) of rows `depth` of b, one row after the other, zeros behind the
/// last column.
template <class T>
void pack_panel(const Gemm<T>& g, Interval depth, Index begin, Index end, T* out) {
  constexpr Index width = kPanel<T>;
  const Index columns = std::min(width, end - begin);
  const Index k = depth.size();
  if (!g.transpose_b) {
    const T* b = g.b + depth.begin * g.ldb + begin;
    for (Index p = 0; p < k; ++p, b += g.ldb, out += width) {
      copy_row(b, columns, out);
      for (Index j = columns; j < width; ++j) out[j] = T{0};
    }
    return;
  }
  const T* const b = g.b + begin * g.ldb + depth.begin;
  Index j = 0;
#if HWY_TARGET != HWY_SCALAR
  if constexpr (sizeof(T) == 4) {
    for (; j + kLanes<T> <= columns; j += kLanes<T>) {
      transpose_rows(Tag<T>(), b + j * g.ldb, g.ldb, k, out + j);
    }
    for (; j + 4 <= columns; j += 4) {
      transpose_rows(hn::CappedTag<T, 4>(), b + j * g.ldb, g.ldb, k, out + j);
    }
  }
#endif
  for (; j < width; ++j) {
    for (Index p = 0; p < k; ++p) out[p * width + j] = j < columns ? b[j * g.ldb + p] : T{0};
  }
}

}  // namespace unroll::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // UNROLL_CORE_RUN_PACK_INL_H_
