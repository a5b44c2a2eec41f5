#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "unroll/ops/unary.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep

#include <unroll/ops/simd-inl.h>

// The formulas over vectors, compiled once for every instruction set.
HWY_BEFORE_NAMESPACE();
namespace unroll::HWY_NAMESPACE {

struct UnaryFormula {
  static constexpr int kInputs = 1;
};
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
struct SigmoidFormula : UnaryFormula {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    return sigmoid_of(d, x);
  }
};
struct TanhFormula : UnaryFormula {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    return tanh_of(d, x);
  }
};
struct ReluFormula : UnaryFormula {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    return hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Zero(d), x);
  }
};
struct HardSigmoidFormula : UnaryFormula {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    using T = hn::TFromD<D>;
    const V line = hn::MulAdd(x, hn::Set(d, T(0.2)), hn::Set(d, T(0.5)));
    const V clipped = hn::Min(hn::Max(line, hn::Zero(d)), hn::Set(d, 1));
    return hn::IfThenElse(hn::IsNaN(x), x, clipped);
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
struct SoftplusFormula : UnaryFormula {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    const V tail = hn::Log1p(d, exp_of_minus_abs(d, x));
    return hn::IfThenElse(hn::IsNaN(x), x, hn::Add(hn::Max(x, hn::Zero(d)), tail));
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

using UnaryFormulas = FormulaList<AffineFormula, ReciprocalFormula, SigmoidFormula, TanhFormula,
                                  ReluFormula, HardSigmoidFormula, ExpFormula, LogFormula,
                                  SoftplusFormula, SqrtFormula, SquareFormula>;
const void* UnarySweeps() { return UnaryFormulas::kSweeps; }

}  // namespace unroll::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <unroll/ops/elementwise.h>
#include <unroll/ops/families.h>
#include <unroll/ops/samples.h>

namespace unroll {
namespace {

HWY_EXPORT(UnarySweeps);

using namespace HWY_NAMESPACE;  // the formulas
using Factors = AffineFormula::Factors;

/// What all operations of one input share; `Formula` computes it.
template <class Formula>
struct Unary {
  static constexpr OpInfo make(std::string_view name, std::string_view formula) {
    return {.name = name, .formula = formula, .kind = OpKind::elementwise};
  }
  static Shape shape(const Signature& s) { return s.shape(0); }
  static Sweep sweep(DType dtype) {
    const auto& pair = static_cast<const UnaryFormulas::Pair*>(
        HWY_DYNAMIC_DISPATCH(UnarySweeps)())[UnaryFormulas::index<Formula>()];
    return dtype == DType::f32 ? pair.f32 : pair.f64;
  }
};

struct Affine : Unary<AffineFormula> {
  static constexpr OpInfo info = make("affine", "y = scale x + shift");
  static void gradient(Backward& b) { b.add(0, affine(b.dy(), b.attributes<Factors>().scale, 0)); }
  static std::string describe(const Attributes& attributes) {
    const auto [scale, shift] = attributes.as<Factors>();
    return fmt::format("{:g} x + {:g}", scale, shift);
  }
  static Var example(Var x) { return affine(x, -1.5, 0.75); }
  static std::vector<Sample> samples() { return unary_samples(example, {{-2, 2}}); }
  static std::vector<BadInput> bad_inputs() { return unary_bad_inputs("affine", example); }
};

struct Reciprocal : Unary<ReciprocalFormula> {
  static constexpr OpInfo info = make("reciprocal", "y = 1 / x");
  static void gradient(Backward& b) { b.add(0, -(b.dy() * square(b.y()))); }
  static Var example(Var x) { return reciprocal(x); }
  static std::vector<Sample> samples() { return unary_samples(example, {{0.5, 2}, {-2, -0.5}}); }
  static std::vector<BadInput> bad_inputs() { return unary_bad_inputs("reciprocal", example); }
};

struct Sigmoid : Unary<SigmoidFormula> {
  static constexpr OpInfo info = make("sigmoid", "y = 1 / (1 + exp(-x))");
  static void gradient(Backward& b) { b.add(0, sigmoid_gradient(b.dy(), b.y())); }
  static std::vector<Sample> samples() { return unary_samples(sigmoid, {{-4, 4}}); }
  static std::vector<BadInput> bad_inputs() { return unary_bad_inputs("sigmoid", sigmoid); }
};

struct Tanh : Unary<TanhFormula> {
  static constexpr OpInfo info = make("tanh", "y = (exp(x) - exp(-x)) / (exp(x) + exp(-x))");
  static void gradient(Backward& b) { b.add(0, tanh_gradient(b.dy(), b.y())); }
  static std::vector<Sample> samples() { return unary_samples(tanh, {{-2, 2}}); }
  static std::vector<BadInput> bad_inputs() { return unary_bad_inputs("tanh", tanh); }
};

struct Relu : Unary<ReluFormula> {
  static constexpr OpInfo info = make("relu", "y = max(x, 0)");
  static void gradient(Backward& b) { b.add(0, keep(b.dy(), b.y())); }
  static std::vector<Sample> samples() { return unary_samples(relu, {{0.1, 2}, {-2, -0.1}}); }
  static std::vector<BadInput> bad_inputs() { return unary_bad_inputs("relu", relu); }
};

struct HardSigmoid : Unary<HardSigmoidFormula> {
  static constexpr OpInfo info = make("hard_sigmoid", "y = min(max(x / 5 + 1/2, 0), 1)");
  static void gradient(Backward& b) {
    const Var inside = b.y() * (1 - b.y());
    b.add(0, keep(b.dy() * 0.2, inside));
  }
  static std::vector<Sample> samples() {
    return unary_samples(hard_sigmoid, {{-2.4, 2.4}, {2.6, 4}, {-4, -2.6}});
  }
  static std::vector<BadInput> bad_inputs() {
    return unary_bad_inputs("hard_sigmoid", hard_sigmoid);
  }
};

struct Exp : Unary<ExpFormula> {
  static constexpr OpInfo info = make("exp", "y = exp(x)");
  static void gradient(Backward& b) { b.add(0, b.dy() * b.y()); }
  static std::vector<Sample> samples() { return unary_samples(exp, {{-2, 2}}); }
  static std::vector<BadInput> bad_inputs() { return unary_bad_inputs("exp", exp); }
};

struct Log : Unary<LogFormula> {
  static constexpr OpInfo info = make("log", "y = log(x)");
  static void gradient(Backward& b) { b.add(0, b.dy() / b.in(0)); }
  static std::vector<Sample> samples() { return unary_samples(log, {{0.3, 3}}); }
  static std::vector<BadInput> bad_inputs() { return unary_bad_inputs("log", log); }
};

struct Softplus : Unary<SoftplusFormula> {
  static constexpr OpInfo info = make("softplus", "y = log(1 + exp(x))");
  static void gradient(Backward& b) { b.add(0, b.dy() * sigmoid(b.in(0))); }
  static std::vector<Sample> samples() {
    std::vector<Sample> samples = unary_samples(softplus, {{-3, 3}});
    for (Sample& sample : unary_samples(log_sigmoid, {{-3, 3}})) {
      samples.push_back(std::move(sample));
    }
    return samples;
  }
  static std::vector<BadInput> bad_inputs() { return unary_bad_inputs("softplus", softplus); }
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

using Family = OpFamily<Affine, Reciprocal, Sigmoid, Tanh, Relu, HardSigmoid, Exp, Log, Softplus,
                        Sqrt, Square>;

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
Var sigmoid(Var x) { return record<Sigmoid>(x); }
Var tanh(Var x) { return record<Tanh>(x); }
Var relu(Var x) { return record<Relu>(x); }
Var hard_sigmoid(Var x) { return record<HardSigmoid>(x); }
Var exp(Var x) { return record<Exp>(x); }
Var log(Var x) { return record<Log>(x); }
Var softplus(Var x) { return record<Softplus>(x); }
Var log_sigmoid(Var x) { return -softplus(-x); }
Var sqrt(Var x) { return record<Sqrt>(x); }
Var square(Var x) { return record<Square>(x); }

}  // namespace unroll
#endif  // HWY_ONCE
