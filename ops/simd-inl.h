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

#include <algorithm>
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

/// The first n elements at p, fewer than a vector, and zeros. Without AVX, Highway's masked load is
/// one of a whole, aligned vector.
template <class D, class T>
HWY_INLINE hn::Vec<D> load_first(D d, std::size_t n, const T* p) {
#if HWY_TARGET <= HWY_AVX2
  return hn::MaskedLoad(hn::FirstN(d, n), d, p);
#else
  HWY_ALIGN T elements[hn::MaxLanes(d)] = {};
  std::copy_n(p, n, elements);
  return hn::Load(d, elements);
#endif
}

/// One row: whole vectors, then the elements that are left, fewer than a vector.
template <class Formula, class D, class T, class... In>
HWY_INLINE void sweep_row(const Formula& formula, D d, std::size_t n, T* out, const In*... in) {
  const std::size_t lanes = hn::Lanes(d);
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) hn::StoreU(formula(d, hn::LoadU(d, in + i)...), d, out + i);
  if (i == n) return;
  hn::BlendedStore(formula(d, load_first(d, n - i, in + i)...), hn::FirstN(d, n - i), d, out + i);
}

template <class Formula, class T, std::size_t... I>
HWY_INLINE void sweep_rows(const Formula& formula, const SweepCall& call,
                           std::index_sequence<I...>) {
  for (Index row = 0; row < call.rows; ++row) {
    sweep_row(formula, hn::ScalableTag<T>(), static_cast<std::size_t>(call.columns),
              static_cast<T*>(call.output) + row * call.stride,
              (static_cast<const T*>(call.inputs[I]) + row * call.strides[I])...);
  }
}

/// Applies `Formula`, a function object over vectors of `Formula::kInputs` inputs that may be made
/// from the attributes, to every element.
template <class Formula, class T>
void sweep(const SweepCall& call, const Attributes& attributes) {
  const auto inputs = std::make_index_sequence<Formula::kInputs>();
  if constexpr (std::is_constructible_v<Formula, const Attributes&>) {
    sweep_rows<Formula, T>(Formula(attributes), call, inputs);
  } else {
    (void)attributes;
    sweep_rows<Formula, T>(Formula{}, call, inputs);
  }
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
