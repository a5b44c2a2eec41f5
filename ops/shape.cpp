#include <unroll/ops/axis.h>
#include <unroll/ops/families.h>
#include <unroll/ops/pieces.h>
#include <unroll/ops/samples.h>
#include <unroll/ops/shape.h>

#include <algorithm>
#include <limits>

namespace unroll {
namespace {

/// Copies the first `count` elements of some rows, which begin a stride apart.
template <class T>
void copy_rows(const T* from, Index from_stride, T* to, Index to_stride, Interval rows,
               Index count) {
  for (Index row = rows.begin; row < rows.end; ++row) {
    std::copy_n(from + row * from_stride, count, to + row * to_stride);
  }
}

struct Axes {
  Index a;
  Index b;
};

struct Transpose {
  static constexpr OpInfo info{.name = "transpose",
                               .formula = "y = x with two axes exchanged",
                               .any_dtype = true,
                               .parallel = true};
  static constexpr Index kBlock = 16;
  static Shape shape(const Signature& s) {
    const auto [a, b] = s.attributes<Axes>();
    const int first = s.axis(a);
    const int second = s.axis(b);
    return s.shape(0).with(first, s.shape(0)[second]).with(second, s.shape(0)[first]);
  }
  template <class T>
  static void forward(const KernelCall& k) {
    const Shape& x = k.shape(0);
    const auto [a, b] = k.attributes<Axes>();
    const int first = static_cast<int>(std::min(a, b));
    const int second = static_cast<int>(std::max(a, b));
    // x is (outer, m, middle, n, inner) and y (outer, n, middle, m, inner).
    const Index outer = x.size(0, first);
    const Index m = x[first];
    const Index middle = first == second ? 1 : x.size(first + 1, second);
    const Index n = first == second ? 1 : x[second];
    const Index inner = x.size(second + 1, x.rank());
    const auto [begin, end] = k.share(outer * n, middle * inner == 1 ? kBlock : 1);
    if (middle * inner == 1) {
      for (Index row = begin; row < end; row = std::min(end, row + kBlock - row % kBlock)) {
        transpose_rows(k.in<T>(0), k.out<T>(), m, n, row,
                       std::min(end, row + kBlock - row % kBlock));
      }
      return;
    }
    T* to = k.out<T>() + begin * middle * m * inner;
    for (Index row = begin; row < end; ++row) {
      const T* const from = k.in<T>(0) + (row / n * m * middle * n + row % n) * inner;
      for (Index c = 0; c < middle; ++c) {
        for (Index i = 0; i < m; ++i) {
          to = std::copy_n(from + (i * middle + c) * n * inner, inner, to);
        }
      }
    }
  }
  /// Rows [begin, end) of y, of matrices (n x m) one below the other, from x of matrices (m x n):
  /// by squares, of which both sides stay in the cache.
  template <class T>
  static void transpose_rows(const T* x, T* y, Index m, Index n, Index begin, Index end) {
    for (Index i = 0; i < m; i += kBlock) {
      const Index last = std::min(m, i + kBlock);
      for (Index row = begin; row < end; ++row) {
        const T* const from = x + row / n * m * n + row % n;
        T* const to = y + row * m;
        for (Index c = i; c < last; ++c) to[c] = from[c * n];
      }
    }
  }
  static bool transposes(const Signature& s) {
    const auto [a, b] = s.attributes<Axes>();
    return s.shape(0).rank() == 2 && s.axis(a) != s.axis(b);
  }
  static void gradient(Backward& g) {
    const auto [a, b] = g.attributes<Axes>();
    g.add(0, transpose(g.dy(), a, b));
  }
  static std::vector<Sample> samples() {
    std::vector<Sample> samples = {{{{{3, 4}}}, [](Vars v) { return transpose(v[0]); }},
                                   {{{{1, 1}}}, [](Vars v) { return transpose(v[0]); }},
                                   {{{{0, 4}}}, [](Vars v) { return transpose(v[0]); }}};
    for (const auto& [a, b] : {Axes{0, 2}, Axes{1, 2}, Axes{1, 3}, Axes{0, 3}, Axes{-1, 1}}) {
      samples.push_back(
          {{{{2, 3, 4, 5}}}, [a = a, b = b](Vars v) { return transpose(v[0], a, b); }});
    }
    return samples;
  }
  static std::vector<BadInput> bad_inputs() {
    return {{{{{3}}},
             [](Vars v) { return transpose(v[0]); },
             "transpose: axis 1 of (3), which has 1 dimensions"}};
  }
};

struct Range {
  Index axis;
  Index begin;
  Index end;
};

struct Slice {
  static constexpr OpInfo info{.name = "slice",
                               .formula = "y = x[..., begin:end, ...] along an axis",
                               .kind = OpKind::slice,
                               .any_dtype = true,
                               .parallel = true};
  static Shape shape(const Signature& s) {
    const auto [a, begin, end] = s.attributes<Range>();
    const int axis = s.axis(a);
    if (begin < 0 || begin > end || end > s.shape(0)[axis]) {
      s.reject("[{}, {}) of axis {} of {}: the range has to lie within [0, {})", begin, end, axis,
               s.shape(0).to_string(), s.shape(0)[axis]);
    }
    return s.shape(0).with(axis, end - begin);
  }
  static SliceForm range(const Signature& s) {
    const Range r = s.attributes<Range>();
    return {s.axis(r.axis), r.begin};
  }
  template <class T>
  static void forward(const KernelCall& k) {
    const auto [axis, begin, end] = k.attributes<Range>();
    const int a = static_cast<int>(axis);
    const Index inner = k.shape().size(a + 1, k.shape().rank());
    const Index count = (end - begin) * inner;
    copy_rows(k.in<T>(0) + begin * inner, k.shape(0)[a] * inner, k.out<T>(), count,
              k.share(k.shape().size(0, a)), count);
  }
  static void gradient(Backward& b) {
    const auto [axis, begin, end] = b.attributes<Range>();
    b.add(0, place(b.dy(), axis, begin, b.in(0).shape()[static_cast<int>(axis)]));
  }
  static std::string describe(const Attributes& attributes) {
    const auto [axis, begin, end] = attributes.as<Range>();
    return fmt::format("{}:{} axis {}", begin, end, axis);
  }
  static std::vector<Sample> samples() {
    const auto call = [](Index axis, Index begin, Index end) {
      return [=](Vars v) { return slice(v[0], axis, begin, end); };
    };
    return {{{{{3, 5}}}, call(1, 1, 4)},
            {{{{1, 1}}}, call(1, 0, 1)},
            {{{{0, 4}}}, call(1, 1, 3)},
            {{{{3, 5}}}, call(-1, 2, 2)},
            {{{{2, 5, 3}}}, call(1, 3, 5)},
            {{{{2, 3}}}, [](Vars v) {
                                               return concat(split(v[0], 3, 1), 0); }}};
  }
  static std::vector<BadInput> bad_inputs() {
    return {{{{{3, 5}}},
             [](Vars v) { return slice(v[0], 1, 3, 6); },
             "slice: [3, 6) of axis 1 of (3 x 5): the range has to lie within [0, 5)"},
            {{{{3, 5}}},
             [](Vars v) { return slice(v[0], 1, 3, 1); },
             "slice: [3, 1) of axis 1 of (3 x 5): the range has to lie within [0, 5)"}};
  }
};

struct Concat {
  static constexpr OpInfo info{.name = "concat",
                               .formula = "y = parts, joined along an axis",
                               .kind = OpKind::concat,
                               .max_inputs = std::numeric_limits<int>::max(),
                               .any_dtype = true,
                               .parallel = true};
  static Shape shape(const Signature& s) {
    const int axis = s.axis(s.attributes<Axis>().axis);
    Shape result = s.shape(0);
    for (int i = 1; i < s.count(); ++i) {
      const Shape& part = s.shape(i);
      if (part.rank() != result.rank() || part.with(axis, 0) != result.with(axis, 0)) {
        s.reject("part 0 is {} and part {} {}: they may differ in axis {} only",
                 s.shape(0).to_string(), i, part.to_string(), axis);
      }
      result = result.with(axis, result[axis] + part[axis]);
    }
    return result;
  }
  static int concat_axis(const Signature& s) { return s.axis(s.attributes<Axis>().axis); }
  template <class T>
  static void forward(const KernelCall& k) {
    const int axis = static_cast<int>(k.attributes<Axis>().axis);
    const Index outer = k.shape().size(0, axis);
    const Index stride = k.shape().size(axis, k.shape().rank());
    // Whole parts are shared out where there are no rows to share.
    const Interval parts = outer == 1 ? k.share(k.count()) : Interval{0, k.count()};
    const Interval rows = outer == 1 ? Interval{0, 1} : k.share(outer);
    T* y = k.out<T>();
    for (int i = 0; i < parts.end; ++i) {
      const Index count = k.shape(i).size(axis, k.shape(i).rank());
      if (i >= parts.begin) copy_rows(k.in<T>(i), count, y, stride, rows, count);
      y += count;
    }
  }
  static void gradient(Backward& b) {
    const Index axis = b.attributes<Axis>().axis;
    Index begin = 0;
    for (int i = 0; i < b.count(); ++i) {
      const Index end = begin + b.in(i).shape()[static_cast<int>(axis)];
      if (b.wants(i)) b.add(i, slice(b.dy(), axis, begin, end));
      begin = end;
    }
  }
  static std::vector<Sample> samples() {
    const auto along = [](Index axis) { return [axis](Vars v) { return concat(v, axis); }; };
    return {{{{{3, 2}}, {{3, 4}}}, along(1)},
            {{{{3, 2}}, {{1, 2}}, {{0, 2}}}, along(0)},
            {{{{1, 1}}}, along(0)},
            {{{{0, 2}}, {{0, 3}}}, along(-1)},
            {{{{2, 3, 2}}, {{2, 1, 2}}}, along(1)},
            {{{{2, 3}}, {{2, 3}}}, [](Vars v) { return stack(v); }},
            {{{{}}, {{}}, {{}}}, [](Vars v) { return stack(v); }}};
  }
  static std::vector<BadInput> bad_inputs() {
    return {{{{{3, 2}}, {{2, 4}}},
             [](Vars v) { return concat(v, 1); },
             "concat: part 0 is (3 x 2) and part 1 (2 x 4): they may differ in axis 1 only"},
            {{{{3, 2}}, ids({3, 2}, 5)},
             [](Vars v) { return concat(v, 1); },
             "concat: inputs of different types, f64 and i32"}};
  }
};

struct Placement {
  Index axis;
  Index begin;
  Index size;
};

struct Place {
  static constexpr OpInfo info{
      .name = "place", .formula = "y = zeros, with x at begin of an axis", .parallel = true};
  static Shape shape(const Signature& s) {
    const auto [a, begin, size] = s.attributes<Placement>();
    const int axis = s.axis(a);
    if (begin < 0 || begin + s.shape(0)[axis] > size) {
      s.reject("{} at {} of axis {} does not fit {} elements", s.shape(0).to_string(), begin, axis,
               size);
    }
    return s.shape(0).with(axis, size);
  }
  template <class T>
  static void forward(const KernelCall& k) {
    const auto [a, begin, size] = k.attributes<Placement>();
    const int axis = static_cast<int>(a);
    const Index count = k.shape(0).size(axis, k.shape(0).rank());
    const Index inner = k.shape().size(axis + 1, k.shape().rank());
    const Index stride = size * inner;
    const Interval rows = k.share(k.shape().size(0, axis));
    std::fill_n(k.out<T>() + rows.begin * stride, rows.size() * stride, T{0});
    copy_rows(k.in<T>(0), count, k.out<T>() + begin * inner, stride, rows, count);
  }
  static void gradient(Backward& b) {
    const auto [axis, begin, size] = b.attributes<Placement>();
    const Index count = b.in(0).shape()[static_cast<int>(axis)];
    b.add(0, slice(b.dy(), axis, begin, begin + count));
  }
  static std::vector<Sample> samples() {
    const auto call = [](Index axis, Index begin, Index size) {
      return [=](Vars v) { return place(v[0], axis, begin, size); };
    };
    return {{{{{3, 2}}}, call(1, 1, 4)},    {{{{1, 1}}}, call(0, 0, 1)},
            {{{{0, 2}}}, call(0, 1, 3)},    {{{{2, 3}}}, call(0, 3, 5)},
            {{{{2, 3, 2}}}, call(1, 0, 5)}, {{{{2, 3}}}, call(-1, 1, 4)}};
  }
  static std::vector<BadInput> bad_inputs() {
    return {{{{{3, 2}}},
             [](Vars v) { return place(v[0], 1, 3, 4); },
             "place: (3 x 2) at 3 of axis 1 does not fit 4 elements"}};
  }
};

using Family = OpFamily<Transpose, Slice, Concat, Place>;

template <class D, class A>
Var record(std::span<const Var> inputs, const A& attributes) {
  if (inputs.empty()) fail<ShapeError>("{}: nothing to join", D::info.name);
  return inputs[0].tape().record(Family::op<D>(), inputs, Attributes(attributes));
}

}  // namespace

std::vector<const Op*> shape_ops() { return Family::all(); }

Var transpose(Var x) { return transpose(x, 0, 1); }

Var transpose(Var x, Index a, Index b) {
  return record<Transpose>({&x, 1}, Axes{from_front(x, a), from_front(x, b)});
}

Var slice(Var x, Index axis, Index begin, Index end) {
  axis = from_front(x, axis);
  return axis == 0 ? rows(x, begin, end) : record<Slice>({&x, 1}, Range{axis, begin, end});
}

Var concat(std::span<const Var> parts, Index axis) {
  return record<Concat>(parts, Axis{parts.empty() ? axis : from_front(parts[0], axis)});
}

std::vector<Var> split(Var x, Index parts, Index axis) {
  axis = from_front(x, axis);
  const Shape shape = x.shape();
  if (axis < 0 || axis >= shape.rank() || parts < 1 || shape[static_cast<int>(axis)] % parts != 0) {
    fail<ShapeError>("split: axis {} of {} cannot be split into {} equal parts", axis,
                     shape.to_string(), parts);
  }
  const Index size = shape[static_cast<int>(axis)] / parts;
  std::vector<Var> result;
  for (Index i = 0; i < parts; ++i) result.push_back(slice(x, axis, i * size, (i + 1) * size));
  return result;
}

Var stack(std::span<const Var> steps) {
  if (steps.empty()) fail<ShapeError>("stack: no steps to join");
  const Shape shape = steps[0].shape();
  std::vector<Var> parts;
  for (std::size_t t = 0; t < steps.size(); ++t) {
    if (steps[t].shape() != shape) {
      fail<ShapeError>("stack: step 0 is {} and step {} {}: all have to be the same",
                       shape.to_string(), t, steps[t].shape().to_string());
    }
  }
  for (const Var& step : steps) parts.push_back(reshape(step, step.shape().inserted(0, 1)));
  return concat(parts, 0);
}

Var place(Var x, Index axis, Index begin, Index size) {
  return record<Place>({&x, 1}, Placement{from_front(x, axis), begin, size});
}

std::optional<Piece> as_piece(Var x) {
  const Graph& graph = x.tape().graph();
  const Node& node = graph.nodes[x.index()];
  if (node.op != &Family::op<Place>()) return std::nullopt;
  const auto [axis, begin, size] = node.attributes.as<Placement>();
  const Var values(&x.tape(), graph.inputs_of(node)[0], x.generation());
  return Piece{x, values, axis, begin, values.shape()[static_cast<int>(axis)]};
}

}  // namespace unroll
