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
#include <unroll/core/run/lanes-inl.h>

#include <algorithm>
#include <utility>

HWY_BEFORE_NAMESPACE();
namespace unroll::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Whether the vectors are of floats. Then the functions below are computed here, in half the time
/// of Highway's, which stop at the ends of their range and do not know NaN.
template <class D>
constexpr bool kNarrow = sizeof(hn::TFromD<D>) == sizeof(float);

/// e^x = 2^n e^r with |r| <= ln(2) / 2.
template <class V>
struct ExpParts {
  V power;  // 2^(n + bias)
  V rest;   // e^r - 1, as exact near 0 as elsewhere
};

/// Wants a whole bias, and -126 <= n + bias <= 127. NaN where x is NaN.
template <class D, class V = hn::Vec<D>>
HWY_INLINE ExpParts<V> exp_parts(D d, V x, V bias) {
  // Added to a number as large as this, x / ln(2) loses its fraction; n + bias + 127 stands in the
  // last bits, and shifted to the place of an exponent it is a power of two.
  const V large = hn::Add(hn::Set(d, 0x1.8p23F + 127), bias);
  const V sum = hn::MulAdd(x, hn::Set(d, 1.44269504F), large);
  const V n = hn::Sub(sum, large);
  // n ln(2) in two parts, of which the first is exact.
  V r = hn::NegMulAdd(n, hn::Set(d, 0.693145752F), x);
  r = hn::NegMulAdd(n, hn::Set(d, 1.42860682e-6F), r);
  // Of all polynomials r + r^2 / 2 + ... of degree six the one with the smallest relative error.
  V q = hn::Set(d, 0.00139466703F);
  q = hn::MulAdd(q, r, hn::Set(d, 0.00836671065F));
  q = hn::MulAdd(q, r, hn::Set(d, 0.0416662791F));
  q = hn::MulAdd(q, r, hn::Set(d, 0.166665420F));
  q = hn::MulAdd(q, r, hn::Set(d, 0.5F));
  const hn::RebindToUnsigned<D> bits;
  return {hn::BitCast(d, hn::ShiftLeft<23>(hn::BitCast(bits, sum))),
          hn::MulAdd(q, hn::Mul(r, r), r)};
}

/// 2^(n + bias) e^r scale: e^x where scale is 2^-bias, which may be too small for one exponent.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V scaled_exp(D d, V x, V bias, V scale) {
  const auto [power, rest] = exp_parts(d, x, bias);
  return hn::Mul(hn::MulAdd(rest, power, power), scale);
}

/// The larger of x and a bound; NaN where x is NaN.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V at_least(D d, hn::TFromD<D> bound, V x) {
  return hn::IfThenElse(hn::Lt(x, hn::Set(d, bound)), hn::Set(d, bound), x);
}

/// Below it e^x is 0, in float.
constexpr float kExpIsZero = -104;

/// e^x
template <class D, class V = hn::Vec<D>>
HWY_INLINE V exp_of(D d, V x) {
  if constexpr (kNarrow<D>) {
    const V below = hn::Set(d, 89);  // above it: infinity
    const V clamped = hn::IfThenElse(hn::Gt(x, below), below, at_least(d, kExpIsZero, x));
    const auto negative = hn::Lt(x, hn::Zero(d));
    return scaled_exp(d, clamped, hn::IfThenElse(negative, hn::Set(d, 64), hn::Set(d, -2)),
                      hn::IfThenElse(negative, hn::Set(d, 0x1p-64F), hn::Set(d, 4)));
  } else {
    const V largest = hn::Set(d, 709.782712893384);
    const V y = hn::Exp(d, hn::Min(x, largest));
    return hn::IfThenElse(hn::IsNaN(x), x, hn::IfThenElse(hn::Gt(x, largest), hn::Inf(d), y));
  }
}

/// e^-|x|: it cannot overflow.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V exp_of_minus_abs(D d, V x) {
  const V minus = hn::Or(x, hn::SignBit(d));
  if constexpr (kNarrow<D>) {
    return scaled_exp(d, at_least(d, kExpIsZero, minus), hn::Set(d, 64), hn::Set(d, 0x1p-64F));
  } else {
    return hn::IfThenElse(hn::IsNaN(x), x, hn::Exp(d, minus));
  }
}

/// 1 / (1 + e^-x), as e^x / (1 + e^x) where x is negative: the smallest results stay exact.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V sigmoid_of(D d, V x) {
  const V one = hn::Set(d, 1);
  const V e = exp_of_minus_abs(d, x);
  return hn::Div(hn::IfThenElse(hn::Lt(x, hn::Zero(d)), e, one), hn::Add(one, e));
}

/// (1 - e^-2|x|) / (1 + e^-2|x|) with the sign of x.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V tanh_of(D d, V x) {
  if constexpr (kNarrow<D>) {
    const V minus = at_least(d, -10.F, hn::Or(x, hn::SignBit(d)));  // below it: -1
    const auto [power, rest] = exp_parts(d, hn::Add(minus, minus), hn::Zero(d));
    const V y = hn::MulAdd(rest, power, hn::Sub(power, hn::Set(d, 1)));  // e^-2|x| - 1
    return hn::CopySign(hn::Div(y, hn::Add(y, hn::Set(d, 2))), x);
  } else {
    return hn::IfThenElse(hn::IsNaN(x), x, hn::Tanh(d, x));
  }
}

/// What formulas of one and of two inputs are derived from.
struct UnaryFormula {
  static constexpr int kInputs = 1;
};
struct BinaryFormula {
  static constexpr int kInputs = 2;
};

/// One row: whole vectors, then the elements that are left, fewer than a vector.
template <class Formula, class D, class T, class... In>
HWY_INLINE void sweep_row(const Formula& formula, D d, std::size_t n, T* out, const In*... in) {
  const std::size_t lanes = hn::Lanes(d);
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) hn::StoreU(formula(d, hn::LoadU(d, in + i)...), d, out + i);
  if (i == n) return;
  store_first(d, n - i, formula(d, load_first(d, n - i, in + i)...), out + i);
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
