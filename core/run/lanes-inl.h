/// Vectors of which only the first elements are there. Included once for every instruction set,
/// hence the unusual guard.

#if defined(UNROLL_CORE_RUN_LANES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef UNROLL_CORE_RUN_LANES_INL_H_
#undef UNROLL_CORE_RUN_LANES_INL_H_
#else
#define UNROLL_CORE_RUN_LANES_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>

HWY_BEFORE_NAMESPACE();
namespace unroll::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// The first n elements at p, fewer than a vector, and zeros. Where there are no masks, Highway
/// reads a whole vector, and an aligned one.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> load_first(D d, std::size_t n, const T* p) {
#if HWY_TARGET <= HWY_AVX2
  return hn::MaskedLoad(hn::FirstN(d, n), d, p);
#else
  HWY_ALIGN T elements[hn::MaxLanes(d)] = {};
  std::copy_n(p, n, elements);
  return hn::Load(d, elements);
#endif
}

/// The first n elements of v to p. Where there are no masks, Highway writes what is behind them
/// back, which another thread may have changed.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE void store_first(D d, std::size_t n, hn::Vec<D> v, T* p) {
#if HWY_TARGET <= HWY_AVX2
  hn::BlendedStore(v, hn::FirstN(d, n), d, p);
#else
  HWY_ALIGN T elements[hn::MaxLanes(d)];
  hn::Store(v, d, elements);
  std::copy_n(elements, n, p);
#endif
}

}  // namespace unroll::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // UNROLL_CORE_RUN_LANES_INL_H_
