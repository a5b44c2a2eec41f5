#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "unroll/ops/binary.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep

#include <unroll/ops/simd-inl.h>

#include <cmath>

// The formulas over vectors, compiled once for every instruction set.
HWY_BEFORE_NAMESPACE();
namespace unroll::HWY_NAMESPACE {

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
struct PowFormula : BinaryFormula {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V a, V b) const {
    using T = hn::TFromD<D>;
    HWY_ALIGN T base[hn::MaxLanes(d)];
    HWY_ALIGN T exponent[hn::MaxLanes(d)];
    hn::Store(a, d, base);
    hn::Store(b, d, exponent);
    for (std::size_t i = 0; i < hn::Lanes(d); ++i) base[i] = std::pow(base[i], exponent[i]);
    return hn::Load(d, base);
  }
};

using BinaryFormulas = FormulaList<AddFormula, SubFormula, MulFormula, DivFormula, PowFormula,
                                   SigmoidGradientFormula, TanhGradientFormula>;
const void* BinarySweeps() { return BinaryFormulas::kSweeps; }

}  // namespace unroll::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <unroll/ops/elementwise.h>
#include <unroll/ops/families.h>
#include <unroll/ops/pointwise.h>
#include <unroll/ops/samples.h>
#include <unroll/ops/shape.h>

#include <limits>

namespace unroll {
namespace {

HWY_EXPORT(BinarySweeps);
const void* sweeps() { return HWY_DYNAMIC_DISPATCH(BinarySweeps)(); }

using namespace HWY_NAMESPACE;  // the formulas

template <class Formula>
using Broadcasting = Pointwise<Formula, BinaryFormulas, sweeps>;

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
  static Notation write(std::span<const Notation> in, const Attributes& /*none*/) {
    return in[0] + in[1];
  }
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
  static Notation write(std::span<const Notation> in, const Attributes& /*none*/) {
    Notation sum = in[0];
    for (const Notation& term : in.subspan(1)) sum = sum + term;
    return sum;
  }
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
  static Notation write(std::span<const Notation> in, const Attributes& /*none*/) {
    return in[0] - in[1];
  }
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
  static Notation write(std::span<const Notation> in, const Attributes& /*none*/) {
    return in[0] * in[1];
  }
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
  static Notation write(std::span<const Notation> in, const Attributes& /*none*/) {
    return in[0] / in[1];
  }
  static void gradient(Backward& b) {
    if (b.wants(0)) b.add(0, b.dy() / b.in(1));
    if (b.wants(1)) b.add(1, -(b.dy() * b.y() / b.in(1)));
  }
  static Var example(const Operand& a, const Operand& b) { return a / b; }
  static std::vector<Sample> samples() { return binary_samples(example, {-2, 2}, {0.5, 2}); }
  static std::vector<BadInput> bad_inputs() { return bad_pairs<Div>(example); }
};

struct Pow : Broadcasting<PowFormula> {
  static constexpr OpInfo info = make("pow", "y = a to the power b");
  /// Where y does not change with b, or a, the other's slope may be infinite: it is not multiplied.
  static void gradient(Backward& b) {
    const Var x = b.in(0);
    const Var e = b.in(1);
    if (b.wants(0)) b.add(0, keep(b.dy() * e * pow(x, e - 1), e));
    if (b.wants(1)) b.add(1, keep(b.dy() * b.y() * log(x), x));
  }
  static Var example(const Operand& a, const Operand& b) { return pow(a, b); }
  static std::vector<Sample> samples() { return binary_samples(example, {0.5, 2}, {-2, 2}); }
  static std::vector<BadInput> bad_inputs() { return bad_pairs<Pow>(example); }
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

using Family = OpFamily<Add, AddUp, Sub, Mul, Div, Pow, SigmoidGradient, TanhGradient>;

template <class D>
Var record(const Operand& a, const Operand& b) {
  const std::array<Var, 2> inputs{a.on_tape_of(b), b.on_tape_of(a)};
  return inputs[0].tape().record(Family::op<D>(), inputs);
}

}  // namespace

std::vector<const Op*> binary_ops() { return Family::all(); }

Shape broadcast_shape(const Signature& s) {
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

Var Operand::on_tape_of(const Operand& other) const {
  if (kind_ == Kind::var) return var_;
  if (other.kind_ != Kind::var) {
    fail<HandleError>("an operation on operands of which none is on a tape");
  }
  Tape& tape = other.var_.tape();
  if (kind_ == Kind::parameter) return tape.parameter(parameter_);
  if (kind_ == Kind::expression) return expression_->on(tape);
  return tape.input(Tensor::of<double>({}, {number_}));
}

Var sigmoid_gradient(Var dy, Var y) { return record<SigmoidGradient>(dy, y); }
Var tanh_gradient(Var dy, Var y) { return record<TanhGradient>(dy, y); }

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
Var pow(const Operand& a, const Operand& b) {
  return b.is_number() && !a.is_number() ? pow(a.on_tape_of(a), b.number()) : record<Pow>(a, b);
}

Var add_up(std::span<const Var> terms) {
  if (terms.empty()) fail<ShapeError>("add_up: nothing to add");
  return terms[0].tape().record(Family::op<AddUp>(), terms);
}

}  // namespace unroll
#endif  // HWY_ONCE
