#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "unroll/ops/activation.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep

#include <unroll/ops/simd-inl.h>

// The formulas over vectors, compiled once for every instruction set.
HWY_BEFORE_NAMESPACE();
namespace unroll::HWY_NAMESPACE {

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
struct SoftplusFormula : UnaryFormula {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    const V tail = hn::Log1p(d, exp_of_minus_abs(d, x));
    return hn::IfThenElse(hn::IsNaN(x), x, hn::Add(hn::Max(x, hn::Zero(d)), tail));
  }
};
struct ClampFormula : UnaryFormula {
  struct Bounds {
    double low;
    double high;
  };
  explicit ClampFormula(const Attributes& attributes) : bounds(attributes.as<Bounds>()) {}
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    using T = hn::TFromD<D>;
    const V low = hn::Set(d, static_cast<T>(bounds.low));
    const V high = hn::Set(d, static_cast<T>(bounds.high));
    const V raised = hn::IfThenElse(hn::Lt(x, low), low, x);
    return hn::IfThenElse(hn::Gt(raised, high), high, raised);
  }
  Bounds bounds;
};

using ActivationFormulas = FormulaList<SigmoidFormula, TanhFormula, ReluFormula, HardSigmoidFormula,
                                       SoftplusFormula, ClampFormula>;
const void* ActivationSweeps() { return ActivationFormulas::kSweeps; }

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

HWY_EXPORT(ActivationSweeps);
const void* sweeps() { return HWY_DYNAMIC_DISPATCH(ActivationSweeps)(); }

using namespace HWY_NAMESPACE;  // the formulas
using Bounds = ClampFormula::Bounds;

template <class Formula>
struct Unary : Pointwise<Formula, ActivationFormulas, sweeps> {
  static constexpr OpInfo make(std::string_view name, std::string_view formula) {
    OpInfo info = Pointwise<Formula, ActivationFormulas, sweeps>::make(name, formula);
    info.activation = true;
    return info;
  }
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

struct Clamp : Unary<ClampFormula> {
  static constexpr OpInfo info = make("clamp", "y = min(max(x, low), high)");
  static void gradient(Backward& b) {
    const auto [low, high] = b.attributes<Bounds>();
    b.add(0, keep(b.dy(), (b.in(0) > low) * (b.in(0) < high)));
  }
  static std::string describe(const Attributes& attributes) {
    const auto [low, high] = attributes.as<Bounds>();
    return fmt::format("{:g} to {:g}", low, high);
  }
  static Var example(Var x) { return clamp(x, -1, 0.5); }
  static std::vector<Sample> samples() {
    return unary_samples(example, {{-0.9, 0.4}, {0.6, 2}, {-2, -1.1}});
  }
  static std::vector<BadInput> bad_inputs() { return unary_bad_inputs("clamp", example); }
};

using Family = OpFamily<Sigmoid, Tanh, Relu, HardSigmoid, Softplus, Clamp>;

template <class D>
Var record(Var x, const Attributes& attributes = {}) {
  return x.tape().record(Family::op<D>(), {&x, 1}, attributes);
}

}  // namespace

std::vector<const Op*> activation_ops() { return Family::all(); }

Var sigmoid(Var x) { return record<Sigmoid>(x); }
Var tanh(Var x) { return record<Tanh>(x); }
Var relu(Var x) { return record<Relu>(x); }
Var hard_sigmoid(Var x) { return record<HardSigmoid>(x); }
Var softplus(Var x) { return record<Softplus>(x); }
Var log_sigmoid(Var x) { return -softplus(-x); }

Var clamp(Var x, double low, double high) {
  if (!(low <= high))
    fail<ValueError>("clamp: the lower bound {} is above the upper, {}", low, high);
  return record<Clamp>(x, Attributes(Bounds{low, high}));
}
Var hard_tanh(Var x) { return clamp(x, -1, 1); }
Var leaky_relu(Var x, double slope) { return where(x > 0, x, slope * x); }
// The minimum keeps expm1 of a large x from overflowing. At x = 0 it passes the gradient on to x.
Var elu(Var x, double alpha) { return where(x > 0, x, alpha * expm1(minimum(0, x))); }
Var silu(Var x) { return x * sigmoid(x); }
Var gelu(Var x) { return x * affine(erf(x * std::numbers::sqrt2 / 2), 0.5, 0.5); }
Var softsign(Var x) { return x / (1 + abs(x)); }

}  // namespace unroll
#endif  // HWY_ONCE
