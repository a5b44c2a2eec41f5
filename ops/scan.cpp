#include <unroll/ops/axis.h>
#include <unroll/ops/families.h>
#include <unroll/ops/index.h>
#include <unroll/ops/samples.h>
#include <unroll/ops/scan.h>
#include <unroll/ops/shape.h>

#include <algorithm>
#include <functional>
#include <numeric>

namespace unroll {
namespace {

/// Samples of a function of x and an axis, along every axis of several shapes.
std::vector<Sample> axis_samples(Var (*f)(Var, Index)) {
  std::vector<Sample> samples;
  for (const Shape& shape : {Shape{3, 5}, Shape{1, 1}, Shape{0, 4}, Shape{7}, Shape{2, 3, 4}}) {
    for (int axis = 0; axis < shape.rank(); ++axis) {
      samples.push_back({{{shape}}, [f, axis](Vars v) { return f(v[0], axis); }});
    }
  }
  return samples;
}

std::vector<BadInput> axis_bad_inputs(std::string_view name, Var (*f)(Var, Index)) {
  return {{{{{2, 3}}},
           [f](Vars v) { return f(v[0], 2); },
           fmt::format("{}: axis 2 of (2 x 3), which has 2 dimensions", name)}};
}

std::string describe_axis(const Attributes& attributes) {
  return fmt::format("axis {}", attributes.as<Axis>().axis);
}

/// What running sums share; `kReverse`: from the end.
template <bool kReverse>
struct RunningSum {
  static constexpr OpInfo info =
      kReverse ? OpInfo{.name = "reverse_cumsum", .formula = "y[i] = x[i] + x[i+1] + ... + x[n-1]"}
               : OpInfo{.name = "cumsum", .formula = "y[i] = x[0] + x[1] + ... + x[i]"};
  static Shape shape(const Signature& s) {
    (void)s.axis(s.attributes<Axis>().axis);
    return s.shape(0);
  }
  template <class T>
  static void forward(const KernelCall& k) {
    const Around around(k.shape(), k.attributes<Axis>().axis);
    const Index step = kReverse ? -around.inner : around.inner;
    const Index first = kReverse ? (around.count - 1) * around.inner : 0;
    for (Index o = 0; o < around.outer; ++o) {
      const Index begin = o * around.count * around.inner + first;
      const T* x = k.in<T>(0) + begin;
      T* y = k.out<T>() + begin;
      for (Index i = 0; i < around.count; ++i, x += step, y += step) {
        for (Index j = 0; j < around.inner; ++j) y[j] = i == 0 ? x[j] : y[j - step] + x[j];
      }
    }
  }
  static Var call(Var x, Index axis);
  static void gradient(Backward& b);
  static std::string describe(const Attributes& attributes) { return describe_axis(attributes); }
  static std::vector<Sample> samples() { return axis_samples(call); }
  static std::vector<BadInput> bad_inputs() { return axis_bad_inputs(info.name, call); }
};
using Cumsum = RunningSum<false>;
using ReverseCumsum = RunningSum<true>;

struct Flip {
  static constexpr OpInfo info{
      .name = "flip", .formula = "y[i] = x[n-1-i] along an axis", .any_dtype = true};
  static Shape shape(const Signature& s) {
    (void)s.axis(s.attributes<Axis>().axis);
    return s.shape(0);
  }
  template <class T>
  static void forward(const KernelCall& k) {
    const Around around(k.shape(), k.attributes<Axis>().axis);
    T* y = k.out<T>();
    for (Index o = 0; o < around.outer; ++o) {
      for (Index i = around.count - 1; i >= 0; --i) {
        y = std::copy_n(k.in<T>(0) + (o * around.count + i) * around.inner, around.inner, y);
      }
    }
  }
  static void gradient(Backward& b) { b.add(0, flip(b.dy(), b.attributes<Axis>().axis)); }
  static std::string describe(const Attributes& attributes) { return describe_axis(attributes); }
  static std::vector<Sample> samples() { return axis_samples(flip); }
  static std::vector<BadInput> bad_inputs() { return axis_bad_inputs("flip", flip); }
};

/// `Order` says which of two numbers goes before the other.
template <class Order>
struct ArgExtreme {
  static constexpr bool kLargest = std::is_same_v<Order, std::greater<>>;
  static constexpr OpInfo info{.name = kLargest ? "argmax" : "argmin",
                               .formula = kLargest ? "y = position of the largest x along an axis"
                                                   : "y = position of the smallest x along an axis",
                               .integer_result = true};
  static Shape shape(const Signature& s) {
    return without_extreme_axis(s, kLargest ? "largest" : "smallest");
  }
  template <class T>
  static void forward(const KernelCall& k) {
    const Around around(k.shape(0), k.attributes<Axis>().axis);
    auto* y = k.out<std::int32_t>();
    for (Index o = 0; o < around.outer; ++o) {
      for (Index j = 0; j < around.inner; ++j) {
        const T* const x = k.in<T>(0) + o * around.count * around.inner + j;
        const auto before = [&](Index a, Index b) {
          const T p = x[a * around.inner];
          const T q = x[b * around.inner];
          return Order()(p, q) || (p != p && q == q);
        };
        Index best = 0;
        for (Index i = 1; i < around.count; ++i) best = before(i, best) ? i : best;
        *y++ = static_cast<std::int32_t>(best);
      }
    }
  }
  static constexpr NoGradient gradient{"constant between its jumps"};
  static std::string describe(const Attributes& attributes) { return describe_axis(attributes); }
  static Var call(Var x, Index axis);
  /// The positions as floating-point numbers.
  static Var as_numbers(Var x, Index axis) {
    const Var positions = call(x, axis);
    std::vector<double> numbers(8);
    std::iota(numbers.begin(), numbers.end(), 0);
    return embedding(x.tape().input(Tensor::of<double>({8}, numbers)), positions);
  }
  static std::vector<Sample> samples() {
    std::vector<Sample> samples;
    for (const Shape& shape : {Shape{3, 5}, Shape{1, 1}, Shape{7}, Shape{2, 3, 4}}) {
      for (int axis = 0; axis < shape.rank(); ++axis) {
        samples.push_back({{{shape}}, [axis](Vars v) { return as_numbers(v[0], axis); }});
      }
    }
    samples.push_back({{{{0, 4}}}, [](Vars v) { return as_numbers(v[0], -1); }});
    return samples;
  }
  static std::vector<BadInput> bad_inputs() {
    return {{{{{3, 0}}},
             [](Vars v) { return call(v[0], -1); },
             fmt::format("{}: axis 1 of (3 x 0) is empty: there is no {} element", info.name,
                         kLargest ? "largest" : "smallest")}};
  }
};
using Argmax = ArgExtreme<std::greater<>>;
using Argmin = ArgExtreme<std::less<>>;

using Family = OpFamily<Cumsum, ReverseCumsum, Flip, Argmax, Argmin>;

template <class D>
Var record(Var x, Index axis) {
  return x.tape().record(Family::op<D>(), {&x, 1}, Attributes(Axis{from_front(x, axis)}));
}

template <bool kReverse>
Var RunningSum<kReverse>::call(Var x, Index axis) {
  return record<RunningSum>(x, axis);
}

template <bool kReverse>
void RunningSum<kReverse>::gradient(Backward& b) {
  b.add(0, record<RunningSum<!kReverse>>(b.dy(), b.attributes<Axis>().axis));
}

template <class Order>
Var ArgExtreme<Order>::call(Var x, Index axis) {
  return record<ArgExtreme>(x, axis);
}

}  // namespace

std::vector<const Op*> scan_ops() { return Family::all(); }

Var cumsum(Var x, Index axis) { return record<Cumsum>(x, axis); }
Var flip(Var x, Index axis) { return record<Flip>(x, axis); }

Var roll(Var x, Index axis, Index shift) {
  const Index count = size_along("roll", x, axis);
  if (count == 0 || shift % count == 0) return x;
  const Index last = count - (shift % count + count) % count;
  return concat(std::array{slice(x, axis, last, count), slice(x, axis, 0, last)}, axis);
}

Var argmax(Var x, Index axis) { return record<Argmax>(x, axis); }
Var argmin(Var x, Index axis) { return record<Argmin>(x, axis); }

}  // namespace unroll
