#include <unroll/ops/families.h>
#include <unroll/ops/index.h>
#include <unroll/ops/pieces.h>
#include <unroll/ops/samples.h>
#include <unroll/ops/shape.h>

#include <algorithm>

namespace unroll {
namespace {

struct Size {
  Index size;
};

/// The ids of input `i`, each checked to lie within [0, bound).
std::span<const std::int32_t> checked_ids(const KernelCall& k, int i, Index bound) {
  const std::span<const std::int32_t> ids(k.in<std::int32_t>(i),
                                          static_cast<std::size_t>(k.shape(i).size()));
  for (std::size_t n = 0; n < ids.size(); ++n) {
    if (ids[n] < 0 || ids[n] >= bound) {
      k.reject("id {} at position {}: expected one in [0, {})", ids[n], n, bound);
    }
  }
  return ids;
}

/// The dimensions of `front` followed by those of `shape` from `axis` on.
Shape joined(const Signature& s, const Shape& front, const Shape& shape, int axis) {
  std::vector<Index> dims;
  for (int i = 0; i < front.rank(); ++i) dims.push_back(front[i]);
  for (int i = axis; i < shape.rank(); ++i) dims.push_back(shape[i]);
  if (dims.size() > Shape::kMaxRank) {
    s.reject("ids {} into {} give {} dimensions: at most {} are supported", front.to_string(),
             shape.to_string(), dims.size(), Shape::kMaxRank);
  }
  return Shape(dims);
}

/// Whether `shape` begins with the dimensions of `front`.
bool begins_with(const Shape& shape, const Shape& front) {
  if (shape.rank() < front.rank()) return false;
  for (int axis = 0; axis < front.rank(); ++axis) {
    if (shape[axis] != front[axis]) return false;
  }
  return true;
}

struct Embedding {
  static constexpr OpInfo info{.name = "embedding",
                               .formula = "y[n] = table[ids[n]]",
                               .min_inputs = 2,
                               .max_inputs = 2,
                               .integer_inputs = 0b10,
                               .parallel = true};
  /// ids stand for one-hot vectors.
  static Notation write(std::span<const Notation> in, const Attributes& /*none*/) {
    return in[0] * in[1];
  }
  static Shape shape(const Signature& s) {
    if (s.shape(0).rank() == 0) s.reject("the table is a scalar: rows are needed");
    return joined(s, s.shape(1), s.shape(0), 1);
  }
  template <class T>
  static void forward(const KernelCall& k) {
    const Shape& table = k.shape(0);
    const Index width = table.size(1, table.rank());
    const std::span<const std::int32_t> ids = checked_ids(k, 1, table[0]);
    const auto [begin, end] = k.share(std::ssize(ids));
    T* y = k.out<T>() + begin * width;
    for (Index n = begin; n < end; ++n) {
      y = std::copy_n(k.in<T>(0) + ids[static_cast<std::size_t>(n)] * width, width, y);
    }
  }
  static void gradient(Backward& b) { b.add(0, scatter_rows(b.in(1), b.dy(), b.in(0).shape()[0])); }
  static std::vector<Sample> samples() {
    const Call call = [](Vars v) { return embedding(v[0], v[1]); };
    return {{{{{7, 3}}, ids({4}, 7)}, call}, {{{{7, 3}}, ids({2, 3}, 7)}, call},
            {{{{1, 1}}, ids({1}, 1)}, call}, {{{{7, 3}}, ids({0}, 7)}, call},
            {{{{7}}, ids({4}, 7)}, call},    {{{{7, 2, 2}}, ids({}, 7)}, call}};
  }
  static std::vector<BadInput> bad_inputs() {
    const Call call = [](Vars v) {
      const Tensor bad = Tensor::of<std::int32_t>({3}, {1, 7, 0});
      return embedding(v[0], v[0].tape().input(bad));
    };
    return {{{{{7, 3}}}, call, "embedding: id 7 at position 1: expected one in [0, 7)"},
            {{{{7, 3}}, {{2}}},
             [](Vars v) { return embedding(v[0], v[1]); },
             "embedding: input 1 is f64, expected i32"},
            {{{{}}, ids({2}, 1)},
             [](Vars v) { return embedding(v[0], v[1]); },
             "embedding: the table is a scalar: rows are needed"}};
  }
};

struct ScatterRows {
  static constexpr OpInfo info{.name = "scatter_rows",
                               .formula = "y = zeros; y[ids[n]] += rows[n]",
                               .min_inputs = 2,
                               .max_inputs = 2,
                               .integer_inputs = 0b01,
                               .row_sparse = true};
  static Shape shape(const Signature& s) {
    const Shape& ids = s.shape(0);
    if (!begins_with(s.shape(1), ids)) {
      s.reject("ids {} and rows {}: the rows have to begin with the dimensions of the ids",
               ids.to_string(), s.shape(1).to_string());
    }
    return joined(s, {s.attributes<Size>().size}, s.shape(1), ids.rank());
  }
  template <class T>
  static void forward(const KernelCall& k) {
    const Index width = k.shape().size(1, k.shape().rank());
    T* const y = k.out<T>();
    std::fill_n(y, k.shape().size(), T{0});
    const T* row = k.in<T>(1);
    for (const std::int32_t id : checked_ids(k, 0, k.shape()[0])) {
      for (Index j = 0; j < width; ++j) y[id * width + j] += row[j];
      row += width;
    }
  }
  static void gradient(Backward& b) { b.add(1, embedding(b.dy(), b.in(0))); }
  static std::vector<Sample> samples() {
    const auto into = [](Index size) {
      return [size](Vars v) { return scatter_rows(v[0], v[1], size); };
    };
    return {{{ids({4}, 5), {{4, 3}}}, into(5)},
            {{ids({2, 3}, 5), {{2, 3, 2}}}, into(5)},
            {{ids({1}, 1), {{1, 1}}}, into(1)},
            {{ids({0}, 5), {{0, 3}}}, into(5)},
            {{ids({4}, 5), {{4}}}, into(5)}};
  }
  static std::vector<BadInput> bad_inputs() {
    return {
        {{ids({4}, 5), {{3, 2}}},
         [](Vars v) { return scatter_rows(v[0], v[1], 5); },
         "scatter_rows: ids (4) and rows (3 x 2): the rows have to begin with the dimensions of "
         "the ids"}};
  }
};

/// The shapes of pick and unpick: rows (S..., V) and ids (S...).
struct Pick {
  static constexpr OpInfo info{.name = "pick",
                               .formula = "y[n] = x[n, ids[n]]",
                               .min_inputs = 2,
                               .max_inputs = 2,
                               .integer_inputs = 0b10};
  static Shape shape(const Signature& s) {
    const Shape& x = s.shape(0);
    if (x.rank() == 0 || x.without(x.rank() - 1) != s.shape(1)) {
      s.reject("x {} and ids {}: one id is needed for each row of x", x.to_string(),
               s.shape(1).to_string());
    }
    return s.shape(1);
  }
  template <class T>
  static void forward(const KernelCall& k) {
    const Shape& shape = k.shape(0);
    const Index width = shape[shape.rank() - 1];
    const T* x = k.in<T>(0);
    T* y = k.out<T>();
    for (const std::int32_t id : checked_ids(k, 1, width)) {
      *y++ = x[id];
      x += width;
    }
  }
  static void gradient(Backward& b) {
    const Shape x = b.in(0).shape();
    b.add(0, unpick(b.dy(), b.in(1), x[x.rank() - 1]));
  }
  static std::vector<Sample> samples() {
    const Call call = [](Vars v) { return pick(v[0], v[1]); };
    return {{{{{4, 5}}, ids({4}, 5)}, call},
            {{{{2, 3, 5}}, ids({2, 3}, 5)}, call},
            {{{{1, 1}}, ids({1}, 1)}, call},
            {{{{0, 5}}, ids({0}, 5)}, call},
            {{{{5}}, ids({}, 5)}, call}};
  }
  static std::vector<BadInput> bad_inputs() {
    return {{{{{4, 5}}, ids({3}, 5)},
             [](Vars v) { return pick(v[0], v[1]); },
             "pick: x (4 x 5) and ids (3): one id is needed for each row of x"},
            {{{{1, 5}}},
             [](Vars v) {
               const Tensor bad = Tensor::of<std::int32_t>({1}, {-1});
               return pick(v[0], v[0].tape().input(bad));
             },
             "pick: id -1 at position 0: expected one in [0, 5)"}};
  }
};

struct Unpick {
  static constexpr OpInfo info{.name = "unpick",
                               .formula = "y = zeros; y[n, ids[n]] = x[n]",
                               .min_inputs = 2,
                               .max_inputs = 2,
                               .integer_inputs = 0b10};
  static Shape shape(const Signature& s) {
    if (s.shape(0) != s.shape(1)) {
      s.reject("x {} and ids {} have to be of one shape", s.shape(0).to_string(),
               s.shape(1).to_string());
    }
    return joined(s, s.shape(0), {s.attributes<Size>().size}, 0);
  }
  template <class T>
  static void forward(const KernelCall& k) {
    const Index width = k.shape()[k.shape().rank() - 1];
    const T* x = k.in<T>(0);
    T* y = std::fill_n(k.out<T>(), k.shape().size(), T{0}) - k.shape().size();
    for (const std::int32_t id : checked_ids(k, 1, width)) {
      y[id] = *x++;
      y += width;
    }
  }
  static void gradient(Backward& b) { b.add(0, pick(b.dy(), b.in(1))); }
  static std::vector<Sample> samples() {
    const auto into = [](Index size) {
      return [size](Vars v) { return unpick(v[0], v[1], size); };
    };
    return {{{{{4}}, ids({4}, 5)}, into(5)},
            {{{{2, 3}}, ids({2, 3}, 5)}, into(5)},
            {{{{1, 1}}, ids({1, 1}, 1)}, into(1)},
            {{{{0}}, ids({0}, 5)}, into(5)},
            {{{{}}, ids({}, 5)}, into(5)}};
  }
  static std::vector<BadInput> bad_inputs() {
    return {{{{{4}}, ids({3}, 5)},
             [](Vars v) { return unpick(v[0], v[1], 5); },
             "unpick: x (4) and ids (3) have to be of one shape"}};
  }
};

using Family = OpFamily<Embedding, ScatterRows, Pick, Unpick>;

template <class D>
Var record(Var a, Var b, const Attributes& attributes = {}) {
  const std::array<Var, 2> inputs{a, b};
  return a.tape().record(Family::op<D>(), inputs, attributes);
}

}  // namespace

std::vector<const Op*> index_ops() { return Family::all(); }

Var embedding(Var table, Var ids) { return record<Embedding>(table, ids); }

Var scatter_rows(Var ids, Var rows, Index size) {
  return record<ScatterRows>(ids, rows, Attributes(Size{size}));
}

std::optional<ScatteredRows> as_scattered_rows(Var x) {
  const Graph& graph = x.tape().graph();
  const Node& node = graph.nodes[x.index()];
  if (node.op != &Family::op<ScatterRows>()) return std::nullopt;
  const auto inputs = graph.inputs_of(node);
  return ScatteredRows{x, Var(&x.tape(), inputs[0], x.generation()),
                       Var(&x.tape(), inputs[1], x.generation())};
}

Var pick(Var x, Var ids) { return record<Pick>(x, ids); }

Var unpick(Var x, Var ids, Index size) { return record<Unpick>(x, ids, Attributes(Size{size})); }

}  // namespace unroll
