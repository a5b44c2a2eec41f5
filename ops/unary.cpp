#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "unroll/ops/unary.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep

#include <unroll/ops/simd-inl.h>

#include <cmath>

// The formulas over vectors, compiled once for every instruction set.
HWY_BEFORE_NAMESPACE();
namespace unroll::HWY_NAMESPACE {

/// Computes by `f`, a function of one number, the lanes of x where `wanted` holds, and takes the
/// others from y. Each lane depends on its own number alone.
template <class D, class M, class F, class V = hn::Vec<D>>
HWY_INLINE V one_by_one(D d, M wanted, V x, V y, F f) {
  if (hn::AllFalse(d, wanted)) return y;
  HWY_ALIGN hn::TFromD<D> lanes[hn::MaxLanes(d)];
  hn::Store(x, d, lanes);
  for (std::size_t i = 0; i < hn::Lanes(d); ++i) lanes[i] = f(lanes[i]);
  return hn::IfThenElse(wanted, hn::Load(d, lanes), y);
}

/// Where Highway's sine and cosine are exact.
constexpr int kLargestAngle = 30000;

struct AffineFormula : UnaryFormula {
  struct Factors {
    double scale;
    double shift;
  };
  explicit AffineFormula(const Attributes& attributes) : factors(attributes.as<Factors>()) {}
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    using T = hn::TFromD<D>;
    return hn::MulAdd(x, hn::Set(d, static_cast<T>(factors.scale)),
                      hn::Set(d, static_cast<T>(factors.shift)));
  }
  Factors factors;
};
struct ReciprocalFormula : UnaryFormula {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    return hn::Div(hn::Set(d, 1), x);
  }
};
struct ExpFormula : UnaryFormula {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    return exp_of(d, x);
  }
};
struct LogFormula : UnaryFormula {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    const V zero = hn::Zero(d);
    V y = hn::IfThenElse(hn::Gt(x, zero), hn::Log(d, x), hn::NaN(d));
    y = hn::IfThenElse(hn::Eq(x, zero), hn::Neg(hn::Inf(d)), y);
    return hn::IfThenElse(hn::Eq(x, hn::Inf(d)), x, y);
  }
};
struct SqrtFormula : UnaryFormula {
  template <class D, class V>
  HWY_INLINE V operator()(D, V x) const {
    return hn::Sqrt(x);
  }
};
struct SquareFormula : UnaryFormula {
  template <class D, class V>
  HWY_INLINE V operator()(D, V x) const {
    return hn::Mul(x, x);
  }
};
struct AbsFormula : UnaryFormula {
  template <class D, class V>
  HWY_INLINE V operator()(D, V x) const {
    return hn::Abs(x);
  }
};
struct SignFormula : UnaryFormula {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    const auto outside = hn::Gt(hn::Abs(x), hn::Zero(d));
    return hn::IfThenElse(outside, hn::CopySign(hn::Set(d, 1), x), x);
  }
};
struct SinFormula : UnaryFormula {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    const auto large = hn::Not(hn::Le(hn::Abs(x), hn::Set(d, kLargestAngle)));
    return one_by_one(d, large, x, hn::Sin(d, x), [](auto a) { return std::sin(a); });
  }
};
struct CosFormula : UnaryFormula {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    const auto large = hn::Not(hn::Le(hn::Abs(x), hn::Set(d, kLargestAngle)));
    return one_by_one(d, large, x, hn::Cos(d, x), [](auto a) { return std::cos(a); });
  }
};
struct Log1pFormula : UnaryFormula {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    const V minus_one = hn::Set(d, -1);
    V y = hn::IfThenElse(hn::Gt(x, minus_one), hn::Log1p(d, x), hn::NaN(d));
    y = hn::IfThenElse(hn::Eq(x, minus_one), hn::Neg(hn::Inf(d)), y);
    return hn::IfThenElse(hn::Eq(x, hn::Inf(d)), x, y);
  }
};
struct Expm1Formula : UnaryFormula {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    const V one = hn::Set(d, 1);
    // Where e^x is far from 1 nothing is lost to the subtraction.
    const auto near = hn::Lt(hn::Abs(x), one);
    const V far = hn::Sub(exp_of(d, x), one);
    return hn::IfThenElse(near, hn::Expm1(d, hn::IfThenElseZero(near, x)), far);
  }
};
struct ErfFormula : UnaryFormula {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    return one_by_one(d, hn::Eq(x, x), x, x, [](auto a) { return std::erf(a); });
  }
};
struct PowerFormula : UnaryFormula {
  explicit PowerFormula(const Attributes& attributes) : exponent(attributes.as<double>()) {}
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    using T = hn::TFromD<D>;
    const auto all = hn::Or(hn::Eq(x, x), hn::IsNaN(x));
    return one_by_one(d, all, x, x, [this](T a) { return std::pow(a, static_cast<T>(exponent)); });
  }
  double exponent;
};

using UnaryFormulas = FormulaList<AffineFormula, ReciprocalFormula, ExpFormula, Expm1Formula,
                                  LogFormula, Log1pFormula, SqrtFormula, SquareFormula, AbsFormula,
                                  SignFormula, SinFormula, CosFormula, ErfFormula, PowerFormula>;
const void* UnarySweeps() { return UnaryFormulas::kSweeps; }

}  // namespace unroll::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <unroll/ops/elementwise.h>
#include <unroll/ops/families.h>
#include <unroll/ops/pointwise.h>
#include <unroll/ops/samples.h>

#include <numbers>

namespace unroll {
namespace {

HWY_EXPORT(UnarySweeps);
const void* sweeps() { return HWY_DYNAMIC_DISPATCH(UnarySweeps)(); }

using namespace HWY_NAMESPACE;  // the formulas
using Factors = AffineFormula::Factors;

template <class Formula>
using Unary = Pointwise<Formula, UnaryFormulas, sweeps>;

struct Affine : Unary<AffineFormula> {
  static constexpr OpInfo info = make("affine", "y = scale x + shift");
  static void gradient(Backward& b) { b.add(0, affine(b.dy(), b.attributes<Factors>().scale, 0)); }
  static std::string describe(const Attributes& attributes) {
    const auto [scale, shift] = attributes.as<Factors>();
    return fmt::format("{:g} x + {:g}", scale, shift);
  }
  static Notation write(std::span<const Notation> in, const Attributes& attributes) {
    const auto [scale, shift] = attributes.as<Factors>();
    const Notation scaled = Notation::number(scale) * in[0];
    return shift == 0 ? scaled : scaled + Notation::number(shift);
  }
  static Var example(Var x) { return affine(x, -1.5, 0.75); }
  static std::vector<Sample> samples() { return unary_samples(example, {{-2, 2}}); }
  static std::vector<BadInput> bad_inputs() { return unary_bad_inputs("affine", example); }
};

struct Reciprocal : Unary<ReciprocalFormula> {
  static constexpr OpInfo info = make("reciprocal", "y = 1 / x");
  static void gradient(Backward& b) { b.add(0, -(b.dy() * square(b.y()))); }
  static Notation write(std::span<const Notation> in, const Attributes& /*none*/) {
    return Notation::number(1) / in[0];
  }
  static Var example(Var x) { return reciprocal(x); }
  static std::vector<Sample> samples() { return unary_samples(example, {{0.5, 2}, {-2, -0.5}}); }
  static std::vector<BadInput> bad_inputs() { return unary_bad_inputs("reciprocal", example); }
};

struct Exp : Unary<ExpFormula> {
  static constexpr OpInfo info = make("exp", "y = exp(x)");
  static void gradient(Backward& b) { b.add(0, b.dy() * b.y()); }
  static std::vector<Sample> samples() { return unary_samples(exp, {{-2, 2}}); }
  static std::vector<BadInput> bad_inputs() { return unary_bad_inputs("exp", exp); }
};

struct Expm1 : Unary<Expm1Formula> {
  static constexpr OpInfo info = make("expm1", "y = exp(x) - 1");
  static void gradient(Backward& b) { b.add(0, b.dy() * exp(b.in(0))); }
  static std::vector<Sample> samples() { return unary_samples(expm1, {{-2, 2}}); }
  static std::vector<BadInput> bad_inputs() { return unary_bad_inputs("expm1", expm1); }
};

struct Log : Unary<LogFormula> {
  static constexpr OpInfo info = make("log", "y = log(x)");
  static void gradient(Backward& b) { b.add(0, b.dy() / b.in(0)); }
  static std::vector<Sample> samples() { return unary_samples(log, {{0.3, 3}}); }
  static std::vector<BadInput> bad_inputs() { return unary_bad_inputs("log", log); }
};

struct Log1p : Unary<Log1pFormula> {
  static constexpr OpInfo info = make("log1p", "y = log(1 + x)");
  static void gradient(Backward& b) { b.add(0, b.dy() / (1 + b.in(0))); }
  static std::vector<Sample> samples() { return unary_samples(log1p, {{-0.6, 2}}); }
  static std::vector<BadInput> bad_inputs() { return unary_bad_inputs("log1p", log1p); }
};

struct Sqrt : Unary<SqrtFormula> {
  static constexpr OpInfo info = make("sqrt", "y = sqrt(x)");
  static void gradient(Backward& b) { b.add(0, 0.5 * b.dy() / b.y()); }
  static std::vector<Sample> samples() { return unary_samples(sqrt, {{0.3, 3}}); }
  static std::vector<BadInput> bad_inputs() { return unary_bad_inputs("sqrt", sqrt); }
};

struct Square : Unary<SquareFormula> {
  static constexpr OpInfo info = make("square", "y = x x");
  static void gradient(Backward& b) { b.add(0, 2 * b.dy() * b.in(0)); }
  static std::vector<Sample> samples() { return unary_samples(square, {{-2, 2}}); }
  static std::vector<BadInput> bad_inputs() { return unary_bad_inputs("square", square); }
};

struct Abs : Unary<AbsFormula> {
  static constexpr OpInfo info = make("abs", "y = |x|");
  static void gradient(Backward& b) { b.add(0, keep(b.dy(), b.in(0)) * sign(b.in(0))); }
  static std::vector<Sample> samples() { return unary_samples(abs, {{0.1, 2}, {-2, -0.1}}); }
  static std::vector<BadInput> bad_inputs() { return unary_bad_inputs("abs", abs); }
};

struct Sign : Unary<SignFormula> {
  static constexpr OpInfo info = make("sign", "y = 1, 0 or -1, as x is above, at or below 0");
  static constexpr NoGradient gradient{"constant between its jumps"};
  static std::vector<Sample> samples() { return unary_samples(sign, {{0.1, 2}, {-2, -0.1}}); }
  static std::vector<BadInput> bad_inputs() { return unary_bad_inputs("sign", sign); }
};

struct Sin : Unary<SinFormula> {
  static constexpr OpInfo info = make("sin", "y = sin(x)");
  static void gradient(Backward& b) { b.add(0, b.dy() * cos(b.in(0))); }
  static std::vector<Sample> samples() { return unary_samples(sin, {{-4, 4}}); }
  static std::vector<BadInput> bad_inputs() { return unary_bad_inputs("sin", sin); }
};

struct Cos : Unary<CosFormula> {
  static constexpr OpInfo info = make("cos", "y = cos(x)");
  static void gradient(Backward& b) { b.add(0, -(b.dy() * sin(b.in(0)))); }
  static std::vector<Sample> samples() { return unary_samples(cos, {{-4, 4}}); }
  static std::vector<BadInput> bad_inputs() { return unary_bad_inputs("cos", cos); }
};

struct Erf : Unary<ErfFormula> {
  static constexpr OpInfo info = make("erf", "y = 2 / sqrt(pi) * integral of exp(-t t), 0 to x");
  static void gradient(Backward& b) {
    b.add(0, b.dy() * (2 * std::numbers::inv_sqrtpi) * exp(-square(b.in(0))));
  }
  static std::vector<Sample> samples() { return unary_samples(erf, {{-2, 2}}); }
  static std::vector<BadInput> bad_inputs() { return unary_bad_inputs("erf", erf); }
};

struct Power : Unary<PowerFormula> {
  static constexpr OpInfo info = make("power", "y = x to a constant power");
  static void gradient(Backward& b) {
    const auto exponent = b.attributes<double>();
    if (exponent != 0) b.add(0, b.dy() * exponent * pow(b.in(0), exponent - 1));
  }
  static std::string describe(const Attributes& attributes) {
    return fmt::format("x^{:g}", attributes.as<double>());
  }
  static Var example(Var x) { return pow(x, -1.5); }
  static std::vector<Sample> samples() {
    std::vector<Sample> samples = unary_samples(example, {{0.5, 2}});
    for (const double exponent : {3., -2., 0.5, 1., 0.}) {
      samples.push_back({{{{2, 3}, 0.5, 2}}, [exponent](Vars v) { return pow(v[0], exponent); }});
    }
    samples.push_back({{{{2, 3}, -2, -0.5}}, [](Vars v) { return pow(v[0], 3); }});
    return samples;
  }
  static std::vector<BadInput> bad_inputs() { return unary_bad_inputs("power", example); }
};

using Family = OpFamily<Affine, Reciprocal, Exp, Expm1, Log, Log1p, Sqrt, Square, Abs, Sign, Sin,
                        Cos, Erf, Power>;

template <class D>
Var record(Var x, const Attributes& attributes = {}) {
  return x.tape().record(Family::op<D>(), {&x, 1}, attributes);
}

}  // namespace

std::vector<const Op*> unary_ops() { return Family::all(); }

Var affine(Var x, double scale, double shift) {
  return record<Affine>(x, Attributes(Factors{scale, shift}));
}
Var operator-(Var x) { return affine(x, -1, 0); }
Var reciprocal(Var x) { return record<Reciprocal>(x); }
Var exp(Var x) { return record<Exp>(x); }
Var expm1(Var x) { return record<Expm1>(x); }
Var log(Var x) { return record<Log>(x); }
Var log1p(Var x) { return record<Log1p>(x); }
Var sqrt(Var x) { return record<Sqrt>(x); }
Var square(Var x) { return record<Square>(x); }
Var abs(Var x) { return record<Abs>(x); }
Var sign(Var x) { return record<Sign>(x); }
Var sin(Var x) { return record<Sin>(x); }
Var cos(Var x) { return record<Cos>(x); }
Var erf(Var x) { return record<Erf>(x); }
Var pow(Var x, double exponent) {
  return exponent == 2 ? square(x) : record<Power>(x, Attributes(exponent));
}

}  // namespace unroll
#endif  // HWY_ONCE
