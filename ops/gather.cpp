#include <unroll/ops/axis.h>
#include <unroll/ops/families.h>
#include <unroll/ops/index.h>
#include <unroll/ops/samples.h>
#include <unroll/ops/shape.h>

#include <algorithm>

namespace unroll {
namespace {

struct Along {
  Index axis;
  Index size;  // scatter_add: of the result along the axis
};

/// ShapeError unless x and ids have the same shape in all axes but `axis`.
void require_same_but_along(const Signature& s, const Shape& x, const Shape& ids, int axis) {
  if (x.rank() != ids.rank() || x.with(axis, 0) != ids.with(axis, 0)) {
    s.reject("x {} and ids {}: they may differ in axis {} only", x.to_string(), ids.to_string(),
             axis);
  }
}

/// Calls f(element, place) for each element of an array of shape `ids`, in order: `place` is where
/// that element's id points to in an array that has `count` elements along the axis. ValueError for
/// an id outside [0, count).
template <class F>
void for_each_place(const KernelCall& k, int input, Index axis, Index count, F f) {
  const Around around(k.shape(input), axis);
  const auto* ids = k.in<std::int32_t>(input);
  Index element = 0;
  for (Index o = 0; o < around.outer; ++o) {
    for (Index i = 0; i < around.count; ++i) {
      for (Index j = 0; j < around.inner; ++j, ++element) {
        const std::int32_t id = ids[element];
        if (id < 0 || id >= count) {
          k.reject("id {} at position {}: expected one in [0, {})", id, element, count);
        }
        f(element, (o * count + id) * around.inner + j);
      }
    }
  }
}

struct Gather {
  static constexpr OpInfo info{.name = "gather",
                               .formula = "y[.., n, ..] = x[.., ids[.., n, ..], ..] along an axis",
                               .min_inputs = 2,
                               .max_inputs = 2,
                               .integer_inputs = 0b10};
  static Shape shape(const Signature& s) {
    const int axis = s.axis(s.attributes<Along>().axis);
    require_same_but_along(s, s.shape(0), s.shape(1), axis);
    return s.shape(1);
  }
  template <class T>
  static void forward(const KernelCall& k) {
    const Index axis = k.attributes<Along>().axis;
    const T* const x = k.in<T>(0);
    T* const y = k.out<T>();
    for_each_place(k, 1, axis, k.shape(0)[static_cast<int>(axis)],
                   [&](Index element, Index place) { y[element] = x[place]; });
  }
  static void gradient(Backward& b) {
    const Index axis = b.attributes<Along>().axis;
    b.add(0, scatter_add(b.in(1), b.dy(), axis, b.in(0).shape()[static_cast<int>(axis)]));
  }
  static std::vector<Sample> samples() {
    const auto along = [](Index axis) {
      return [axis](Vars v) { return gather(v[0], v[1], axis); };
    };
    return {{{{{4, 5}}, ids({4, 2}, 5)}, along(1)},
            {{{{4, 5}}, ids({7, 5}, 4)}, along(0)},
            {{{{2, 4, 3}}, ids({2, 6, 3}, 4)}, along(-2)},
            {{{{1, 1}}, ids({1, 1}, 1)}, along(0)},
            {{{{0, 4}}, ids({0, 3}, 4)}, along(1)}};
  }
  static std::vector<BadInput> bad_inputs() {
    const Call call = [](Vars v) { return gather(v[0], v[1], 1); };
    return {{{{{4, 5}}, ids({3, 5}, 5)},
             call,
             "gather: x (4 x 5) and ids (3 x 5): they may differ in axis 1 only"},
            {{{{4, 5}}, ids({4}, 5)},
             call,
             "gather: x (4 x 5) and ids (4): they may differ in axis 1 only"},
            {{{{2, 5}}},
             [](Vars v) {
               const Tensor bad = Tensor::of<std::int32_t>({2, 2}, {0, 4, 5, 1});
               return gather(v[0], v[0].tape().input(bad), 1);
             },
             "gather: id 5 at position 2: expected one in [0, 5)"}};
  }
};

struct ScatterAdd {
  static constexpr OpInfo info{.name = "scatter_add",
                               .formula = "y = zeros; y[.., ids[.., n, ..], ..] += x[.., n, ..]",
                               .min_inputs = 2,
                               .max_inputs = 2,
                               .integer_inputs = 0b01};
  static Shape shape(const Signature& s) {
    const auto [a, size] = s.attributes<Along>();
    const int axis = s.axis(a);
    if (s.shape(0) != s.shape(1)) {
      s.reject("ids {} and x {} have to be of one shape", s.shape(0).to_string(),
               s.shape(1).to_string());
    }
    return s.shape(1).with(axis, size);
  }
  template <class T>
  static void forward(const KernelCall& k) {
    const auto [axis, size] = k.attributes<Along>();
    const T* const x = k.in<T>(1);
    T* const y = k.out<T>();
    std::fill_n(y, k.shape().size(), T{0});
    for_each_place(k, 0, axis, size, [&](Index element, Index place) { y[place] += x[element]; });
  }
  static void gradient(Backward& b) {
    b.add(1, gather(b.dy(), b.in(0), b.attributes<Along>().axis));
  }
  static std::vector<Sample> samples() {
    const auto along = [](Index axis, Index size) {
      return [=](Vars v) { return scatter_add(v[0], v[1], axis, size); };
    };
    return {{{ids({4, 2}, 5), {{4, 2}}}, along(1, 5)},
            {{ids({7, 3}, 4), {{7, 3}}}, along(0, 4)},
            {{ids({2, 6, 3}, 4), {{2, 6, 3}}}, along(-2, 4)},
            {{ids({1, 1}, 1), {{1, 1}}}, along(0, 1)},
            {{ids({0, 3}, 4), {{0, 3}}}, along(1, 4)}};
  }
  static std::vector<BadInput> bad_inputs() {
    return {{{ids({4, 2}, 5), {{4, 3}}},
             [](Vars v) { return scatter_add(v[0], v[1], 1, 5); },
             "scatter_add: ids (4 x 2) and x (4 x 3) have to be of one shape"}};
  }
};

using Family = OpFamily<Gather, ScatterAdd>;

}  // namespace

std::vector<const Op*> gather_ops() { return Family::all(); }

Var gather(Var x, Var ids, Index axis) {
  const std::array<Var, 2> inputs{x, ids};
  return x.tape().record(Family::op<Gather>(), inputs, Attributes(Along{from_front(x, axis), 0}));
}

Var scatter_add(Var ids, Var x, Index axis, Index size) {
  const std::array<Var, 2> inputs{ids, x};
  return x.tape().record(Family::op<ScatterAdd>(), inputs,
                         Attributes(Along{from_front(x, axis), size}));
}

Var index_select(Var x, Var ids, Index axis) {
  if (ids.shape().rank() != 1) {
    fail<ShapeError>("index_select: ids are {}: a list is needed", ids.shape().to_string());
  }
  (void)size_along("index_select", x, axis);
  if (from_front(x, axis) == 0) return embedding(x, ids);
  return transpose(embedding(transpose(x, 0, axis), ids), 0, axis);
}

}  // namespace unroll
