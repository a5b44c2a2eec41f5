#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "unroll/ops/binary.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep

#include <unroll/ops/simd-inl.h>

// The formulas over vectors, compiled once for every instruction set.
HWY_BEFORE_NAMESPACE();
namespace unroll::HWY_NAMESPACE {

struct BinaryFormula {
  static constexpr int kInputs = 2;
};
struct AddFormula : BinaryFormula {
  template <class D, class V>
  HWY_INLINE V operator()(D, V a, V b) const {
    return hn::Add(a, b);
  }
};
struct SubFormula : BinaryFormula {
  template <class D, class V>
  HWY_INLINE V operator()(D, V a, V b) const {
    return hn::Sub(a, b);
  }
};
struct MulFormula : BinaryFormula {
  template <class D, class V>
  HWY_INLINE V operator()(D, V a, V b) const {
    return hn::Mul(a, b);
  }
};
struct DivFormula : BinaryFormula {
  template <class D, class V>
  HWY_INLINE V operator()(D, V a, V b) const {
    return hn::Div(a, b);
  }
};
struct SigmoidGradientFormula : BinaryFormula {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V dy, V y) const {
    return hn::Mul(dy, hn::Mul(y, hn::Sub(hn::Set(d, 1), y)));
  }
};
struct TanhGradientFormula : BinaryFormula {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V dy, V y) const {
    return hn::Mul(dy, hn::Sub(hn::Set(d, 1), hn::Mul(y, y)));
  }
};
struct KeepFormula : BinaryFormula {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x, V condition) const {
    return hn::IfThenElseZero(hn::Ne(condition, hn::Zero(d)), x);
  }
};
struct MaximumFormula : BinaryFormula {
  template <class D, class V>
  HWY_INLINE V operator()(D, V a, V b) const {
    return hn::IfThenElse(hn::Or(hn::Gt(a, b), hn::IsNaN(a)), a, b);
  }
};
struct MinimumFormula : BinaryFormula {
  template <class D, class V>
  HWY_INLINE V operator()(D, V a, V b) const {
    return hn::IfThenElse(hn::Or(hn::Lt(a, b), hn::IsNaN(a)), a, b);
  }
};
struct GreaterFormula : BinaryFormula {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V a, V b) const {
    return hn::IfThenElseZero(hn::Gt(a, b), hn::Set(d, 1));
  }
};
struct EqualFormula : BinaryFormula {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V a, V b) const {
    return hn::IfThenElseZero(hn::Eq(a, b), hn::Set(d, 1));
  }
};
struct WhereFormula {
  static constexpr int kInputs = 3;
  template <class D, class V>
  HWY_INLINE V operator()(D d, V condition, V a, V b) const {
    return hn::IfThenElse(hn::Eq(condition, hn::Zero(d)), b, a);
  }
};

using BinaryFormulas =
    FormulaList<AddFormula, SubFormula, MulFormula, DivFormula, SigmoidGradientFormula,
                TanhGradientFormula, KeepFormula, MaximumFormula, MinimumFormula, GreaterFormula,
                EqualFormula, WhereFormula>;
const void* BinarySweeps() { return BinaryFormulas::kSweeps; }

}  // namespace unroll::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <unroll/ops/elementwise.h>
#include <unroll/ops/families.h>
#include <unroll/ops/samples.h>
#include <unroll/ops/shape.h>

#include <limits>

namespace unroll {
namespace {

HWY_EXPORT(BinarySweeps);

using namespace HWY_NAMESPACE;  // the formulas

/// What operations of two or three broadcast inputs share; `Formula` computes it.
template <class Formula>
struct Broadcasting {
  static constexpr OpInfo make(std::string_view name, std::string_view formula) {
    return {.name = name,
            .formula = formula,
            .kind = OpKind::elementwise,
            .min_inputs = Formula::kInputs,
            .max_inputs = Formula::kInputs};
  }
  static Shape shape(const Signature& s) {
    Shape result = s.shape(0);
    for (int i = 1; i < s.count(); ++i) {
      if (s.shape(i) == result) continue;
      const std::optional<Shape> wider = broadcast(result, s.shape(i));
      if (!wider) {
        s.reject("{} and {} do not broadcast: dimensions have to be equal or 1", result.to_string(),
                 s.shape(i).to_string());
      }
      result = *wider;
    }
    return result;
  }
  static Sweep sweep(DType dtype) {
    const auto& pair = static_cast<const BinaryFormulas::Pair*>(
        HWY_DYNAMIC_DISPATCH(BinarySweeps)())[BinaryFormulas::index<Formula>()];
    return dtype == DType::f32 ? pair.f32 : pair.f64;
  }
};

template <class D>
std::vector<BadInput> bad_pairs(Var (*f)(const Operand&, const Operand&)) {
  return binary_bad_inputs(D::info.name, f);
}

struct Add : Broadcasting<AddFormula> {
  static constexpr OpInfo info = [] {
    OpInfo info = make("add", "y = a + b");
    info.adds_up = true;
    return info;
  }();
  static void gradient(Backward& b) {
    b.add(0, b.dy());
    b.add(1, b.dy());
  }
  static Var example(const Operand& a, const Operand& b) { return a + b; }
  static std::vector<Sample> samples() { return binary_samples(example, {-2, 2}, {-2, 2}); }
  static std::vector<BadInput> bad_inputs() { return bad_pairs<Add>(example); }
};

struct AddUp {
  static constexpr OpInfo info{.name = "add_up",
                               .formula = "y = x1 + x2 + ... + xn",
                               .kind = OpKind::elementwise,
                               .max_inputs = std::numeric_limits<int>::max(),
                               .adds_up = true};
  static Shape shape(const Signature& s) {
    for (int i = 1; i < s.count(); ++i) {
      if (s.shape(i) != s.shape(0)) {
        s.reject("term 0 is {} and term {} {}: all have to be the same", s.shape(0).to_string(), i,
                 s.shape(i).to_string());
      }
    }
    return s.shape(0);
  }
  static Sweep sweep(DType dtype) { return Add::sweep(dtype); }
  static void gradient(Backward& b) {
    for (int i = 0; i < b.count(); ++i) b.add(i, b.dy());
  }
  static std::vector<Sample> samples() {
    const Call call = [](Vars v) { return add_up(v); };
    return {{{{{3, 4}}, {{3, 4}}, {{3, 4}}}, call},
            {{{{1, 1}}, {{1, 1}}}, call},
            {{{{0, 4}}, {{0, 4}}}, call},
            {{{{5}}}, call}};
  }
  static std::vector<BadInput> bad_inputs() {
    return {{{{{3, 4}}, {{3, 4}}, {{4}}},
             [](Vars v) { return add_up(v); },
             "add_up: term 0 is (3 x 4) and term 2 (4): all have to be the same"}};
  }
};

struct Sub : Broadcasting<SubFormula> {
  static constexpr OpInfo info = make("sub", "y = a - b");
  static void gradient(Backward& b) {
    b.add(0, b.dy());
    if (b.wants(1)) b.add(1, -b.dy());
  }
  static Var example(const Operand& a, const Operand& b) { return a - b; }
  static std::vector<Sample> samples() { return binary_samples(example, {-2, 2}, {-2, 2}); }
  static std::vector<BadInput> bad_inputs() { return bad_pairs<Sub>(example); }
};

struct Mul : Broadcasting<MulFormula> {
  static constexpr OpInfo info = make("mul", "y = a b, element by element");
  static void gradient(Backward& b) {
    if (b.wants(0)) b.add(0, b.dy() * b.in(1));
    if (b.wants(1)) b.add(1, b.dy() * b.in(0));
  }
  static Var example(const Operand& a, const Operand& b) { return a * b; }
  static std::vector<Sample> samples() { return binary_samples(example, {-2, 2}, {-2, 2}); }
  static std::vector<BadInput> bad_inputs() { return bad_pairs<Mul>(example); }
};

struct Div : Broadcasting<DivFormula> {
  static constexpr OpInfo info = make("div", "y = a / b");
  static void gradient(Backward& b) {
    const Var scaled = b.dy() / b.in(1);
    if (b.wants(0)) b.add(0, scaled);
    if (b.wants(1)) b.add(1, -(scaled * b.y()));
  }
  static Var example(const Operand& a, const Operand& b) { return a / b; }
  static std::vector<Sample> samples() { return binary_samples(example, {-2, 2}, {0.5, 2}); }
  static std::vector<BadInput> bad_inputs() { return bad_pairs<Div>(example); }
};

/// The gradient of y = sigmoid(x), in one operation: a cell has several at every step, and each
/// node takes time to be recorded and planned.
struct SigmoidGradient : Broadcasting<SigmoidGradientFormula> {
  static constexpr OpInfo info = make("sigmoid_gradient", "dx = dy y (1 - y)");
  static void gradient(Backward& b) {
    if (b.wants(0)) b.add(0, sigmoid_gradient(b.dy(), b.in(1)));
    if (b.wants(1)) b.add(1, b.dy() * b.in(0) * (1 - 2 * b.in(1)));
  }
  static Var example(const Operand& a, const Operand& b) {
    return sigmoid_gradient(a.on_tape_of(b), b.on_tape_of(a));
  }
  static std::vector<Sample> samples() { return binary_samples(example, {-2, 2}, {0.1, 0.9}); }
  static std::vector<BadInput> bad_inputs() { return bad_pairs<SigmoidGradient>(example); }
};

/// The gradient of y = tanh(x).
struct TanhGradient : Broadcasting<TanhGradientFormula> {
  static constexpr OpInfo info = make("tanh_gradient", "dx = dy (1 - y y)");
  static void gradient(Backward& b) {
    if (b.wants(0)) b.add(0, tanh_gradient(b.dy(), b.in(1)));
    if (b.wants(1)) b.add(1, -2 * b.dy() * b.in(0) * b.in(1));
  }
  static Var example(const Operand& a, const Operand& b) {
    return tanh_gradient(a.on_tape_of(b), b.on_tape_of(a));
  }
  static std::vector<Sample> samples() { return binary_samples(example, {-2, 2}, {-0.9, 0.9}); }
  static std::vector<BadInput> bad_inputs() { return bad_pairs<TanhGradient>(example); }
};

/// Samples of a choice between a and b that stay away from a = b.
std::vector<Sample> choice_samples(Var (*f)(const Operand&, const Operand&)) {
  std::vector<Sample> samples = binary_samples(f, {-2, -0.1}, {0.1, 2});
  for (Sample& sample : binary_samples(f, {0.1, 2}, {-2, -0.1})) {
    samples.push_back(std::move(sample));
  }
  return samples;
}

/// What gradients of choices are made of. An infinite gradient that is not chosen is dropped; times
/// 0 it would be NaN.
struct Keep : Broadcasting<KeepFormula> {
  static constexpr OpInfo info = make("keep", "y = x where condition != 0, else 0");
  static void gradient(Backward& b) {
    if (b.wants(0)) b.add(0, keep(b.dy(), b.in(1)));
  }
  static Var example(const Operand& a, const Operand& b) {
    return keep(a.on_tape_of(b), greater(b, 0));
  }
  static std::vector<Sample> samples() {
    std::vector<Sample> samples = binary_samples(example, {-2, 2}, {0.1, 2});
    for (Sample& sample : binary_samples(example, {-2, 2}, {-2, -0.1})) {
      samples.push_back(std::move(sample));
    }
    return samples;
  }
  static std::vector<BadInput> bad_inputs() {
    return bad_pairs<Keep>(
        [](const Operand& a, const Operand& b) { return keep(a.on_tape_of(b), b.on_tape_of(a)); });
  }
};

struct Maximum : Broadcasting<MaximumFormula> {
  static constexpr OpInfo info = make("maximum", "y = max(a, b)");
  static void gradient(Backward& b) {
    const Var first = greater(b.in(0), b.in(1));
    if (b.wants(0)) b.add(0, keep(b.dy(), first));
    if (b.wants(1)) b.add(1, keep(b.dy(), 1 - first));
  }
  static std::vector<Sample> samples() { return choice_samples(maximum); }
  static std::vector<BadInput> bad_inputs() { return bad_pairs<Maximum>(maximum); }
};

struct Minimum : Broadcasting<MinimumFormula> {
  static constexpr OpInfo info = make("minimum", "y = min(a, b)");
  static void gradient(Backward& b) {
    const Var first = greater(b.in(1), b.in(0));
    if (b.wants(0)) b.add(0, keep(b.dy(), first));
    if (b.wants(1)) b.add(1, keep(b.dy(), 1 - first));
  }
  static std::vector<Sample> samples() { return choice_samples(minimum); }
  static std::vector<BadInput> bad_inputs() { return bad_pairs<Minimum>(minimum); }
};

struct Greater : Broadcasting<GreaterFormula> {
  static constexpr OpInfo info = make("greater", "y = 1 where a > b, else 0");
  static constexpr NoGradient gradient{"constant between its jumps"};
  static std::vector<Sample> samples() { return choice_samples(greater); }
  static std::vector<BadInput> bad_inputs() { return bad_pairs<Greater>(greater); }
};

struct Equal : Broadcasting<EqualFormula> {
  static constexpr OpInfo info = make("equal", "y = 1 where a == b, else 0");
  static constexpr NoGradient gradient{"constant almost everywhere"};
  static std::vector<Sample> samples() { return choice_samples(equal); }
  static std::vector<BadInput> bad_inputs() { return bad_pairs<Equal>(equal); }
};

struct Where : Broadcasting<WhereFormula> {
  static constexpr OpInfo info = make("where", "y = a where condition != 0, else b");
  static void gradient(Backward& b) {
    if (b.wants(1)) b.add(1, keep(b.dy(), b.in(0)));
    if (b.wants(2)) b.add(2, where(b.in(0), 0, b.dy()));
  }
  static Var alternate(Var a, Var b) {
    const Tensor mask = Tensor::of<double>({5}, {1, 0, 0, 1, 1});
    return where(a.tape().input(mask), a, b);
  }
  static std::vector<Sample> samples() {
    const Call call = [](Vars v) { return where(greater(v[0], 0), v[1], v[2]); };
    return {{{{{3, 5}, 0.1, 2}, {{3, 5}}, {{3, 5}}}, call},
            {{{{3, 1}, -2, -0.1}, {{5}}, {{3, 5}}}, call},
            {{{{1, 1}, 0.1, 1}, {{1, 1}}, {{1, 1}}}, call},
            {{{{0, 4}}, {{0, 4}}, {{1, 4}}}, call},
            {{{{3, 5}}, {{5}}}, [](Vars v) { return alternate(v[0], v[1]); }}};
  }
  static std::vector<BadInput> bad_inputs() {
    return {{{{{2, 3}}, {{2, 3}}, {{4}}},
             [](Vars v) { return where(v[0], v[1], v[2]); },
             "where: (2 x 3) and (4) do not broadcast: dimensions have to be equal or 1"}};
  }
};

using Family = OpFamily<Add, AddUp, Sub, Mul, Div, SigmoidGradient, TanhGradient, Keep, Maximum,
                        Minimum, Greater, Equal, Where>;

template <class D>
Var record(const Operand& a, const Operand& b) {
  const std::array<Var, 2> inputs{a.on_tape_of(b), b.on_tape_of(a)};
  return inputs[0].tape().record(Family::op<D>(), inputs);
}

}  // namespace

std::vector<const Op*> binary_ops() { return Family::all(); }

Var Operand::on_tape_of(const Operand& other) const {
  if (kind_ == Kind::var) return var_;
  if (other.kind_ != Kind::var) {
    fail<HandleError>("an operation on two operands of which neither is on a tape");
  }
  Tape& tape = other.var_.tape();
  if (kind_ == Kind::parameter) return tape.parameter(parameter_);
  return tape.input(Tensor::of<double>({}, {number_}));
}

Var sigmoid_gradient(Var dy, Var y) { return record<SigmoidGradient>(dy, y); }
Var tanh_gradient(Var dy, Var y) { return record<TanhGradient>(dy, y); }
Var keep(Var x, Var condition) { return record<Keep>(x, condition); }

Var operator+(const Operand& a, const Operand& b) {
  if (b.is_number()) return affine(a.on_tape_of(a), 1, b.number());
  if (a.is_number()) return affine(b.on_tape_of(b), 1, a.number());
  return record<Add>(a, b);
}
Var operator-(const Operand& a, const Operand& b) {
  if (b.is_number()) return affine(a.on_tape_of(a), 1, -b.number());
  if (a.is_number()) return affine(b.on_tape_of(b), -1, a.number());
  return record<Sub>(a, b);
}
Var operator*(const Operand& a, const Operand& b) {
  if (b.is_number()) return affine(a.on_tape_of(a), b.number(), 0);
  if (a.is_number()) return affine(b.on_tape_of(b), a.number(), 0);
  return record<Mul>(a, b);
}
Var operator/(const Operand& a, const Operand& b) { return record<Div>(a, b); }
Var maximum(const Operand& a, const Operand& b) { return record<Maximum>(a, b); }
Var minimum(const Operand& a, const Operand& b) { return record<Minimum>(a, b); }
Var greater(const Operand& a, const Operand& b) { return record<Greater>(a, b); }
Var equal(const Operand& a, const Operand& b) { return record<Equal>(a, b); }

Var add_up(std::span<const Var> terms) {
  if (terms.empty()) fail<ShapeError>("add_up: nothing to add");
  return terms[0].tape().record(Family::op<AddUp>(), terms);
}

Var where(const Operand& condition, const Operand& a, const Operand& b) {
  const Var c = condition.on_tape_of(condition);
  const std::array<Var, 3> inputs{c, a.on_tape_of(c), b.on_tape_of(c)};
  return c.tape().record(Family::op<Where>(), inputs);
}

}  // namespace unroll
#endif  // HWY_ONCE
