#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "unroll/ops/compare.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep

#include <unroll/ops/simd-inl.h>

// The formulas over vectors, compiled once for every instruction set.
HWY_BEFORE_NAMESPACE();
namespace unroll::HWY_NAMESPACE {

struct KeepFormula : BinaryFormula {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x, V condition) const {
    return hn::IfThenZeroElse(hn::Eq(condition, hn::Zero(d)), x);
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
struct GreaterEqualFormula : BinaryFormula {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V a, V b) const {
    return hn::IfThenElseZero(hn::Ge(a, b), hn::Set(d, 1));
  }
};
struct EqualFormula : BinaryFormula {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V a, V b) const {
    return hn::IfThenElseZero(hn::Eq(a, b), hn::Set(d, 1));
  }
};
struct NotEqualFormula : BinaryFormula {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V a, V b) const {
    return hn::IfThenZeroElse(hn::Eq(a, b), hn::Set(d, 1));
  }
};
struct WhereFormula {
  static constexpr int kInputs = 3;
  template <class D, class V>
  HWY_INLINE V operator()(D d, V condition, V a, V b) const {
    return hn::IfThenElse(hn::Eq(condition, hn::Zero(d)), b, a);
  }
};

using CompareFormulas =
    FormulaList<KeepFormula, MaximumFormula, MinimumFormula, GreaterFormula, GreaterEqualFormula,
                EqualFormula, NotEqualFormula, WhereFormula>;
const void* CompareSweeps() { return CompareFormulas::kSweeps; }

}  // namespace unroll::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <unroll/ops/elementwise.h>
#include <unroll/ops/families.h>
#include <unroll/ops/pointwise.h>
#include <unroll/ops/samples.h>

namespace unroll {
namespace {

HWY_EXPORT(CompareSweeps);
const void* sweeps() { return HWY_DYNAMIC_DISPATCH(CompareSweeps)(); }

using namespace HWY_NAMESPACE;  // the formulas

template <class Formula>
using Broadcasting = Pointwise<Formula, CompareFormulas, sweeps>;

template <class D>
std::vector<BadInput> bad_pairs(Var (*f)(const Operand&, const Operand&)) {
  return binary_bad_inputs(D::info.name, f);
}

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

struct GreaterEqual : Broadcasting<GreaterEqualFormula> {
  static constexpr OpInfo info = make("greater_equal", "y = 1 where a >= b, else 0");
  static constexpr NoGradient gradient{"constant between its jumps"};
  static std::vector<Sample> samples() { return choice_samples(greater_equal); }
  static std::vector<BadInput> bad_inputs() { return bad_pairs<GreaterEqual>(greater_equal); }
};

struct Equal : Broadcasting<EqualFormula> {
  static constexpr OpInfo info = make("equal", "y = 1 where a == b, else 0");
  static constexpr NoGradient gradient{"constant almost everywhere"};
  static std::vector<Sample> samples() { return choice_samples(equal); }
  static std::vector<BadInput> bad_inputs() { return bad_pairs<Equal>(equal); }
};

struct NotEqual : Broadcasting<NotEqualFormula> {
  static constexpr OpInfo info = make("not_equal", "y = 1 where a != b, else 0");
  static constexpr NoGradient gradient{"constant almost everywhere"};
  static std::vector<Sample> samples() { return choice_samples(not_equal); }
  static std::vector<BadInput> bad_inputs() { return bad_pairs<NotEqual>(not_equal); }
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

using Family = OpFamily<Keep, Maximum, Minimum, Greater, GreaterEqual, Equal, NotEqual, Where>;

template <class D>
Var record(const Operand& a, const Operand& b) {
  const std::array<Var, 2> inputs{a.on_tape_of(b), b.on_tape_of(a)};
  return inputs[0].tape().record(Family::op<D>(), inputs);
}

}  // namespace

std::vector<const Op*> compare_ops() { return Family::all(); }

Var keep(Var x, Var condition) { return record<Keep>(x, condition); }
Var maximum(const Operand& a, const Operand& b) { return record<Maximum>(a, b); }
Var minimum(const Operand& a, const Operand& b) { return record<Minimum>(a, b); }
Var greater(const Operand& a, const Operand& b) { return record<Greater>(a, b); }
Var greater_equal(const Operand& a, const Operand& b) { return record<GreaterEqual>(a, b); }
Var equal(const Operand& a, const Operand& b) { return record<Equal>(a, b); }
Var not_equal(const Operand& a, const Operand& b) { return record<NotEqual>(a, b); }

Var where(const Operand& condition, const Operand& a, const Operand& b) {
  const Var c = condition.on_tape_of(a.is_number() ? b : a);
  const std::array<Var, 3> inputs{c, a.on_tape_of(c), b.on_tape_of(c)};
  return c.tape().record(Family::op<Where>(), inputs);
}

}  // namespace unroll
#endif  // HWY_ONCE
