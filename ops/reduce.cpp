#include <unroll/ops/elementwise.h>
#include <unroll/ops/families.h>
#include <unroll/ops/reduce.h>
#include <unroll/ops/samples.h>
#include <unroll/ops/shape.h>

#include <algorithm>

namespace unroll {
namespace {

struct Axis {
  Index axis;
};

/// An array seen around one axis: (outer x count x inner).
struct Around {
  Around(const Shape& shape, Index axis)
      : outer(shape.size(0, static_cast<int>(axis))),
        count(shape[static_cast<int>(axis)]),
        inner(shape.size(static_cast<int>(axis) + 1, shape.rank())) {}
  Index outer;
  Index count;
  Index inner;
};

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

struct Max : Reduction {
  static constexpr OpInfo info = make("max", "y = largest of x along an axis");

  static Shape shape(const Signature& s) {
    const int axis = s.axis(s.attributes<Axis>().axis);
    if (s.shape(0)[axis] == 0) {
      s.reject("axis {} of {} is empty: there is no largest element", axis, s.shape(0).to_string());
    }
    return s.shape(0).without(axis);
  }

  template <class T>
  static void forward(const KernelCall& k) {
    const Around around(k.shape(0), k.attributes<Axis>().axis);
    const T* x = k.in<T>(0);
    T* y = k.out<T>();
    for (Index o = 0; o < around.outer; ++o, y += around.inner) {
      std::copy_n(x, around.inner, y);
      for (Index i = 0; i < around.count; ++i, x += around.inner) {
        for (Index j = 0; j < around.inner; ++j) y[j] = x[j] > y[j] || x[j] != x[j] ? x[j] : y[j];
      }
    }
  }

  static void gradient(Backward& b) {
    const int axis = static_cast<int>(b.attributes<Axis>().axis);
    const Var largest = equal(b.in(0), spread(b, b.y()));
    b.add(0, keep(spread(b, b.dy() / sum(largest, axis)), largest));
  }

  static std::vector<Sample> samples() {
    std::vector<Sample> samples;
    for (const Shape& shape : {Shape{3, 5}, Shape{1, 1}, Shape{2, 3, 4}}) {
      for (int axis = 0; axis < shape.rank(); ++axis) {
        samples.push_back({{{shape}}, [axis](Vars v) { return max(v[0], axis); }});
      }
    }
    samples.push_back({{{{0, 4}}}, [](Vars v) { return max(v[0], -1, true); }});
    return samples;
  }

  static std::vector<BadInput> bad_inputs() {
    return {{{{{0, 3}}},
             [](Vars v) { return max(v[0], 0); },
             "max: axis 0 of (0 x 3) is empty: there is no largest element"},
            {{{{2, 3}}},
             [](Vars v) { return max(v[0], -3); },
             "max: axis -3 of (2 x 3), which has 2 dimensions"}};
  }
};

using Family = OpFamily<Sum, Max>;

template <class D>
Var record(Var x, Index axis, bool keep) {
  const Shape shape = x.shape();
  // A wrong axis goes on to the shape rule as it is, which has the words for it.
  const Index counted = axis < 0 && axis >= -shape.rank() ? axis + shape.rank() : axis;
  const Var y = x.tape().record(Family::op<D>(), {&x, 1}, Attributes(Axis{counted}));
  return keep ? reshape(y, shape.with(static_cast<int>(counted), 1)) : y;
}

}  // namespace

std::vector<const Op*> reduce_ops() { return Family::all(); }

Var sum(Var x) { return sum(reshape(x, {x.shape().size()}), 0); }
Var sum(Var x, Index axis, bool keep) { return record<Sum>(x, axis, keep); }
Var max(Var x, Index axis, bool keep) { return record<Max>(x, axis, keep); }

Var mean(Var x) { return mean(reshape(x, {x.shape().size()}), 0); }

Var mean(Var x, Index axis, bool keep) {
  const Shape shape = x.shape();
  if (axis < -shape.rank() || axis >= shape.rank()) {
    fail<ShapeError>("mean: axis {} of {}, which has {} dimensions", axis, shape.to_string(),
                     shape.rank());
  }
  const Index count = shape[static_cast<int>(axis < 0 ? axis + shape.rank() : axis)];
  if (count == 0) {
    fail<ShapeError>("mean: axis {} of {} is empty: there is nothing to average", axis,
                     shape.to_string());
  }
  return sum(x, axis, keep) / static_cast<double>(count);
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
