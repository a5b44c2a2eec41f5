/// Sweeps: element-wise kernels made from a formula over SIMD vectors, for every instruction set
/// (Highway chooses at run time). Included once for each of them, hence the unusual guard.

#if defined(UNROLL_OPS_SIMD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef UNROLL_OPS_SIMD_INL_H_
#undef UNROLL_OPS_SIMD_INL_H_
#else
#define UNROLL_OPS_SIMD_INL_H_
#endif

#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>
#include <unroll/core/op.h>

#include <utility>

HWY_BEFORE_NAMESPACE();
namespace unroll::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// e^x everywhere: Highway's stops short of the overflow and does not know NaN.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V exp_of(D d, V x) {
  using T = hn::TFromD<D>;
  constexpr T kLargest = sizeof(T) == 4 ? T(88.72283) : T(709.782712893384);
  const V clamped = hn::Min(x, hn::Set(d, kLargest));
  const V result = hn::IfThenElse(hn::Gt(x, hn::Set(d, kLargest)), hn::Inf(d), hn::Exp(d, clamped));
  return hn::IfThenElse(hn::IsNaN(x), x, result);
}

/// e^-|x|: it cannot overflow. 0 for NaN.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V exp_of_minus_abs(D d, V x) {
  return hn::Exp(d, hn::Neg(hn::Abs(x)));
}

/// 1 / (1 + e^-x), as e^x / (1 + e^x) where x is negative: the smallest results stay exact.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V sigmoid_of(D d, V x) {
  const V one = hn::Set(d, 1);
  const V e = exp_of_minus_abs(d, x);
  const V y = hn::Div(hn::IfThenElse(hn::Lt(x, hn::Zero(d)), e, one), hn::Add(one, e));
  return hn::IfThenElse(hn::IsNaN(x), x, y);
}

/// Applies `Formula`, a function object over vectors of `Formula::kInputs` inputs that may be made
/// from the attributes, to n contiguous elements.
template <class Formula, class T>
void sweep(const void* const* inputs, void* output, std::size_t n, const Attributes& attributes) {
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  const Formula formula = [&] {
    if constexpr (std::is_constructible_v<Formula, const Attributes&>) {
      return Formula(attributes);
    } else {
      (void)attributes;
      return Formula{};
    }
  }();
  const auto apply = [&](const T* const* in, T* out) HWY_ATTR {
    [&]<std::size_t... I>(std::index_sequence<I...>) HWY_ATTR {
      hn::StoreU(formula(d, hn::LoadU(d, in[I])...), d, out);
    }
    (std::make_index_sequence<Formula::kInputs>{});
  };

  T* const out = static_cast<T*>(output);
  const T* in[Formula::kInputs];
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    for (int k = 0; k < Formula::kInputs; ++k) in[k] = static_cast<const T*>(inputs[k]) + i;
    apply(in, out + i);
  }
  if (i == n) return;
  // The last elements, fewer than a vector, go through full vectors of their own.
  HWY_ALIGN T tail[Formula::kInputs + 1][hn::MaxLanes(d)] = {};
  for (int k = 0; k < Formula::kInputs; ++k) {
    for (std::size_t j = i; j < n; ++j) tail[k][j - i] = static_cast<const T*>(inputs[k])[j];
    in[k] = tail[k];
  }
  apply(in, tail[Formula::kInputs]);
  for (std::size_t j = i; j < n; ++j) out[j] = tail[Formula::kInputs][j - i];
}

/// The formulas of one file, in order; the same list for every instruction set.
template <class... Formulas>
struct FormulaList {
  struct Pair {
    Sweep f32;
    Sweep f64;
  };
  static constexpr Pair kSweeps[] = {{sweep<Formulas, float>, sweep<Formulas, double>}...};

  /// The place of a formula in the list; one that is not on it does not compile.
  template <class F>
  requires(std::same_as<F, Formulas> || ...) static constexpr std::size_t index() {
    std::size_t i = 0;
    (void)((std::same_as<F, Formulas> || (++i, false)) || ...);
    return i;
  }
};

}  // namespace unroll::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // UNROLL_OPS_SIMD_INL_H_
