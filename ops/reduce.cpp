#include <unroll/ops/axis.h>
#include <unroll/ops/elementwise.h>
#include <unroll/ops/families.h>
#include <unroll/ops/reduce.h>
#include <unroll/ops/samples.h>
#include <unroll/ops/shape.h>
#include <unroll/ops/softmax_row.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace unroll {
namespace {

/// What reductions along an axis share: the axis goes.
struct Reduction {
  static constexpr OpInfo make(std::string_view name, std::string_view formula) {
    return {.name = name, .formula = formula};
  }
  static Shape shape(const Signature& s) {
    return s.shape(0).without(s.axis(s.attributes<Axis>().axis));
  }
  static std::string describe(const Attributes& attributes) {
    return fmt::format("axis {}", attributes.as<Axis>().axis);
  }
  /// A value per group, repeated for each element of its group.
  static Var spread(Backward& b, Var reduced) {
    const Shape shape = b.in(0).shape();
    const int axis = static_cast<int>(b.attributes<Axis>().axis);
    return broadcast_to(reshape(reduced, shape.with(axis, 1)), shape);
  }
};

/// The sum of n contiguous values in eight interleaved chains, which the compiler keeps in one
/// vector: fast and the same on every machine. Long sums are the sum of two halves, so that the
/// rounding error grows with the logarithm of n.
template <class T>
T sum_of(const T* x, Index n) {
  constexpr Index kChains = 8;
  constexpr Index kLong = 4096;
  if (n > kLong) return sum_of(x, n / 2) + sum_of(x + n / 2, n - n / 2);
  std::array<T, kChains> chains{};
  Index i = 0;
  for (; i + kChains <= n; i += kChains) {
    for (Index c = 0; c < kChains; ++c) chains[static_cast<std::size_t>(c)] += x[i + c];
  }
  T total = 0;
  for (const T chain : chains) total += chain;
  for (; i < n; ++i) total += x[i];
  return total;
}

struct Sum : Reduction {
  static constexpr OpInfo info = [] {
    OpInfo info = make("sum", "y = sum of x along an axis");
    info.parallel = true;
    return info;
  }();

  /// Along the first axis it is a product with ones, so that sums over the steps, as the gradients
  /// of biases are, become one.
  static ProductForm product(const Signature& s) {
    const Shape& x = s.shape(0);
    if (s.attributes<Axis>().axis != 0 || x.rank() != 2) return {};
    return {.a = ProductForm::kOnes, .b = 0, .m = 1, .n = x[1], .k = x[0]};
  }

  static int sum_axis(const Signature& s) { return static_cast<int>(s.attributes<Axis>().axis); }

  template <class T>
  static void forward(const KernelCall& k) {
    const Around around(k.shape(0), k.attributes<Axis>().axis);
    const T* x = k.in<T>(0);
    T* y = k.out<T>();
    if (around.inner == 1) {
      const auto [begin, end] = k.share(around.outer);
      for (Index o = begin; o < end; ++o) y[o] = sum_of(x + o * around.count, around.count);
      return;
    }
    const auto [begin, end] = k.share(around.inner, 16);
    for (Index o = 0; o < around.outer; ++o, y += around.inner) {
      std::fill(y + begin, y + end, T{0});
      for (Index i = 0; i < around.count; ++i, x += around.inner) {
        for (Index j = begin; j < end; ++j) y[j] += x[j];
      }
    }
  }

  static void gradient(Backward& b) { b.add(0, spread(b, b.dy())); }

  static std::vector<Sample> samples() {
    std::vector<Sample> samples = unary_samples([](Var x) { return sum(x); }, {{-2, 2}});
    for (const Shape& shape : {Shape{3, 5}, Shape{1, 1}, Shape{0, 4}, Shape{4, 0}, Shape{2, 3, 4},
                               Shape{17}, Shape{2, 2, 2, 3}}) {
      for (int axis = 0; axis < shape.rank(); ++axis) {
        samples.push_back({{{shape}}, [axis](Vars v) { return sum(v[0], axis); }});
        samples.push_back({{{shape}}, [axis](Vars v) { return sum(v[0], axis, true); }});
      }
    }
    return samples;
  }

  static std::vector<BadInput> bad_inputs() {
    return {
        {{{{2, 3}}},
         [](Vars v) { return sum(v[0], 2); },
         "sum: axis 2 of (2 x 3), which has 2 dimensions"},
        {{{{}}}, [](Vars v) { return sum(v[0], 0); }, "sum: axis 0 of (), which has 0 dimensions"}};
  }
};

/// The largest or the smallest; `Order` says which of two numbers goes before the other.
template <class Order>
struct Extreme : Reduction {
  static constexpr bool kLargest = std::is_same_v<Order, std::greater<>>;
  static constexpr OpInfo info = kLargest ? make("max", "y = largest of x along an axis")
                                          : make("min", "y = smallest of x along an axis");

  static Shape shape(const Signature& s) {
    return without_extreme_axis(s, kLargest ? "largest" : "smallest");
  }

  template <class T>
  static void forward(const KernelCall& k) {
    const Around around(k.shape(0), k.attributes<Axis>().axis);
    const T* x = k.in<T>(0);
    T* y = k.out<T>();
    for (Index o = 0; o < around.outer; ++o, y += around.inner) {
      std::copy_n(x, around.inner, y);
      for (Index i = 0; i < around.count; ++i, x += around.inner) {
        for (Index j = 0; j < around.inner; ++j) {
          y[j] = Order()(x[j], y[j]) || x[j] != x[j] ? x[j] : y[j];
        }
      }
    }
  }

  static void gradient(Backward& b) {
    const int axis = static_cast<int>(b.attributes<Axis>().axis);
    const Var chosen = equal(b.in(0), spread(b, b.y()));
    b.add(0, keep(spread(b, b.dy() / sum(chosen, axis)), chosen));
  }

  static Var call(Var x, Index axis, bool keep = false) {
    return kLargest ? max(x, axis, keep) : min(x, axis, keep);
  }
  static std::vector<Sample> samples() {
    std::vector<Sample> samples;
    for (const Shape& shape : {Shape{3, 5}, Shape{1, 1}, Shape{2, 3, 4}}) {
      for (int axis = 0; axis < shape.rank(); ++axis) {
        samples.push_back({{{shape}}, [axis](Vars v) { return call(v[0], axis); }});
      }
    }
    samples.push_back({{{{0, 4}}}, [](Vars v) { return call(v[0], -1, true); }});
    return samples;
  }

  static std::vector<BadInput> bad_inputs() {
    return {{{{{0, 3}}},
             [](Vars v) { return call(v[0], 0); },
             fmt::format("{}: axis 0 of (0 x 3) is empty: there is no {} element", info.name,
                         kLargest ? "largest" : "smallest")},
            {{{{2, 3}}},
             [](Vars v) { return call(v[0], -3); },
             fmt::format("{}: axis -3 of (2 x 3), which has 2 dimensions", info.name)}};
  }
};
using Max = Extreme<std::greater<>>;
using Min = Extreme<std::less<>>;

struct LogSumExp : Reduction {
  static constexpr OpInfo info = [] {
    OpInfo info = make("logsumexp", "y = log(sum(exp(x))) along an axis");
    info.parallel = true;
    return info;
  }();

  template <class T>
  static T of(const std::vector<T>& x) {
    const auto [top, sum] = normaliser_of(x.data(), x.size());  // of exp(x - top)
    if (!std::isinf(top)) return std::log(sum) + top;
    return std::ranges::any_of(x, [](T v) { return std::isnan(v); })
               ? std::numeric_limits<T>::quiet_NaN()
               : top;
  }

  template <class T>
  static void forward(const KernelCall& k) {
    const Around around(k.shape(0), k.attributes<Axis>().axis);
    if (around.count == 0) {
      std::fill_n(k.out<T>(), k.shape().size(), -std::numeric_limits<T>::infinity());
      return;
    }
    const auto [begin, end] = k.share(around.outer * around.inner);
    std::vector<T> column(static_cast<std::size_t>(around.count));
    for (Index i = begin; i < end; ++i) {
      const T* x = k.in<T>(0) + i / around.inner * around.count * around.inner + i % around.inner;
      for (T& element : column) {
        element = *x;
        x += around.inner;
      }
      k.out<T>()[i] = of(column);
    }
  }

  /// Where y is the logarithm of 0 no x has a share in it: exp(x - 0) is 0 there, not exp(x - y).
  static void gradient(Backward& b) {
    const Var y = where(equal(b.y(), -std::numeric_limits<double>::infinity()), 0, b.y());
    b.add(0, spread(b, b.dy()) * exp(b.in(0) - spread(b, y)));
  }

  static std::vector<Sample> samples() {
    std::vector<Sample> samples;
    for (const Shape& shape : {Shape{3, 5}, Shape{1, 1}, Shape{0, 4}, Shape{17}, Shape{2, 3, 4}}) {
      for (int axis = 0; axis < shape.rank(); ++axis) {
        if (shape[axis] == 0) continue;
        samples.push_back({{{shape}}, [axis](Vars v) { return logsumexp(v[0], axis); }});
      }
    }
    return samples;
  }

  static std::vector<BadInput> bad_inputs() {
    return {{{{{2, 3}}},
             [](Vars v) { return logsumexp(v[0], 2); },
             "logsumexp: axis 2 of (2 x 3), which has 2 dimensions"}};
  }
};

using Family = OpFamily<Sum, Max, Min, LogSumExp>;

template <class D>
Var record(Var x, Index axis, bool keep) {
  const Shape shape = x.shape();
  const Index counted = from_front(x, axis);
  const Var y = x.tape().record(Family::op<D>(), {&x, 1}, Attributes(Axis{counted}));
  return keep ? reshape(y, shape.with(static_cast<int>(counted), 1)) : y;
}

}  // namespace

std::vector<const Op*> reduce_ops() { return Family::all(); }

Var sum(Var x) { return sum(reshape(x, {x.shape().size()}), 0); }
Var sum(Var x, Index axis, bool keep) { return record<Sum>(x, axis, keep); }
Var max(Var x, Index axis, bool keep) { return record<Max>(x, axis, keep); }
Var min(Var x, Index axis, bool keep) { return record<Min>(x, axis, keep); }
Var logsumexp(Var x, Index axis, bool keep) { return record<LogSumExp>(x, axis, keep); }

Shape without_extreme_axis(const Signature& s, std::string_view extreme) {
  const int axis = s.axis(s.attributes<Axis>().axis);
  if (s.shape(0)[axis] == 0) {
    s.reject("axis {} of {} is empty: there is no {} element", axis, s.shape(0).to_string(),
             extreme);
  }
  return s.shape(0).without(axis);
}

Index size_along(std::string_view name, Var x, Index axis) {
  const Shape shape = x.shape();
  if (axis < -shape.rank() || axis >= shape.rank()) {
    fail<ShapeError>("{}: axis {} of {}, which has {} dimensions", name, axis, shape.to_string(),
                     shape.rank());
  }
  return shape[static_cast<int>(from_front(x, axis))];
}

Var mean(Var x) { return mean(reshape(x, {x.shape().size()}), 0); }
Var mean(Var x, Index axis, bool keep) {
  const Index count = size_along("mean", x, axis);
  return sum(x, axis, keep) / static_cast<double>(count);
}

/// A reduction along each of several axes.
template <class F>
Var along_all(std::string_view name, Var x, std::initializer_list<Index> axes, bool keep, F f) {
  const Shape shape = x.shape();
  std::vector<bool> goes(static_cast<std::size_t>(shape.rank()));
  for (const Index axis : axes) {
    (void)size_along(name, x, axis);
    const auto a = static_cast<std::size_t>(from_front(x, axis));
    if (goes[a]) fail<ShapeError>("{}: axis {} is named twice", name, axis);
    goes[a] = true;
  }
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    if (goes[static_cast<std::size_t>(axis)]) x = f(x, axis, keep);
  }
  return x;
}

Var sum(Var x, std::initializer_list<Index> axes, bool keep) {
  return along_all("sum", x, axes, keep, [](Var v, Index a, bool k) { return sum(v, a, k); });
}
Var mean(Var x, std::initializer_list<Index> axes, bool keep) {
  return along_all("mean", x, axes, keep, [](Var v, Index a, bool k) { return mean(v, a, k); });
}
Var max(Var x, std::initializer_list<Index> axes, bool keep) {
  return along_all("max", x, axes, keep, [](Var v, Index a, bool k) { return max(v, a, k); });
}

Var variance(Var x, Index axis, bool keep, Index correction) {
  const Index count = size_along("variance", x, axis);
  const Var distance = x - mean(x, axis, true);
  return sum(square(distance), axis, keep) / static_cast<double>(count - correction);
}

Var l2_normalise(Var x, Index axis, double epsilon) {
  return x / sqrt(maximum(sum(square(x), axis, true), epsilon * epsilon));
}

Var prod(Var x, Index axis, bool keep) {
  Index count = size_along("prod", x, axis);
  const auto a = static_cast<int>(from_front(x, axis));
  if (count == 0) x = full(x.tape(), x.shape().with(a, 1), 1);
  // The first half times the second, and again: no division, so that zeros are factors like others.
  for (; count > 1; count = x.shape()[a]) {
    const Index half = count / 2;
    const Var pairs = slice(x, a, 0, half) * slice(x, a, half, 2 * half);
    x = count % 2 == 0 ? pairs : concat(std::array{pairs, slice(x, a, 2 * half, count)}, a);
  }
  return keep ? x : reshape(x, x.shape().without(a));
}

Var sum_to(Var x, const Shape& shape) {
  const Shape wide = x.shape();
  const int extra = wide.rank() - shape.rank();
  if (extra < 0 || broadcast(shape, wide) != wide) {
    fail<ShapeError>("sum_to: {} does not broadcast to {}", shape.to_string(), wide.to_string());
  }
  if (extra > 0) {
    const Index leading = wide.size(0, extra);
    std::vector<Index> dims{leading};
    for (int axis = extra; axis < wide.rank(); ++axis) dims.push_back(wide[axis]);
    x = sum(reshape(x, Shape(dims)), 0);
  }
  for (int axis = 0; axis < shape.rank(); ++axis) {
    if (shape[axis] != x.shape()[axis]) x = sum(x, axis, true);
  }
  return x;
}

}  // namespace unroll
