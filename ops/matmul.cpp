#include <unroll/core/run/blas.h>
#include <unroll/core/run/gemm.h>
#include <unroll/ops/elementwise.h>
#include <unroll/ops/families.h>
#include <unroll/ops/matmul.h>
#include <unroll/ops/reduce.h>
#include <unroll/ops/samples.h>
#include <unroll/ops/shape.h>

#include <algorithm>

namespace unroll {
namespace {

struct Flags {
  Index a;
  Index b;
};

struct Matmul {
  static constexpr OpInfo info{.name = "matmul",
                               .formula = "y = a b, each transposed on request",
                               .kind = OpKind::product,
                               .min_inputs = 2,
                               .max_inputs = 2};

  /// The sides of the product, from the shapes of its inputs.
  static Product sides(const Shape& a, const Shape& b, Flags flags) {
    return {flags.a != 0, flags.b != 0, a[flags.a != 0 ? 1 : 0], b[flags.b != 0 ? 0 : 1],
            a[flags.a != 0 ? 0 : 1]};
  }
  static ProductForm product(const Signature& s) {
    const Product p = sides(s.shape(0), s.shape(1), s.attributes<Flags>());
    return {
        .transpose_a = p.transpose_a, .transpose_b = p.transpose_b, .m = p.m, .n = p.n, .k = p.k};
  }

  static std::string text(const Signature& s, int i) {
    const auto flags = s.attributes<Flags>();
    return s.shape(i).to_string() + ((i == 0 ? flags.a : flags.b) != 0 ? " transposed" : "");
  }

  static Shape shape(const Signature& s) {
    const auto flags = s.attributes<Flags>();
    if (s.shape(0).rank() != 2 || s.shape(1).rank() != 2) {
      s.reject("{} times {}: two matrices are needed", text(s, 0), text(s, 1));
    }
    const Product p = sides(s.shape(0), s.shape(1), flags);
    const Index inner = s.shape(1)[flags.b != 0 ? 1 : 0];
    if (p.k != inner) {
      s.reject("{} times {}: inner dimensions {} and {} differ", text(s, 0), text(s, 1), p.k,
               inner);
    }
    return {p.m, p.n};
  }

  template <class T>
  static void forward(const KernelCall& k) {
    multiply(sides(k.shape(0), k.shape(1), k.attributes<Flags>()), k.in<T>(0), k.in<T>(1), T{0},
             k.out<T>());
  }

  static Var product(Var a, Var b, Transposed t) { return matmul(a, b, t); }

  /// By the products of D.
  template <class D = Matmul>
  static void gradient(Backward& g) {
    const auto flags = g.attributes<Flags>();
    const bool ta = flags.a != 0;
    const bool tb = flags.b != 0;
    const Var a = g.in(0);
    const Var b = g.in(1);
    const Var dy = g.dy();
    if (g.wants(0)) g.add(0, ta ? D::product(b, dy, {tb, true}) : D::product(dy, b, {false, !tb}));
    if (g.wants(1)) g.add(1, tb ? D::product(dy, a, {true, ta}) : D::product(a, dy, {!ta, false}));
  }

  static std::string describe(const Attributes& attributes) {
    const auto [a, b] = attributes.as<Flags>();
    return a == 0 && b == 0 ? "" : fmt::format("{} {}", a != 0 ? "aᵀ" : "a", b != 0 ? "bᵀ" : "b");
  }

  static std::vector<Sample> samples() {
    std::vector<Sample> samples;
    const std::initializer_list<std::array<Index, 3>> sides = {
        {3, 4, 5}, {1, 1, 1}, {0, 4, 5}, {3, 0, 5}, {3, 4, 0}, {1, 4, 5}, {3, 4, 1}, {1, 4, 1}};
    for (const auto& [m, k, n] : sides) {
      for (const Transposed t : {Transposed{}, Transposed{true, false}, Transposed{false, true},
                                 Transposed{true, true}}) {
        samples.push_back({{{t.a ? Shape{k, m} : Shape{m, k}}, {t.b ? Shape{n, k} : Shape{k, n}}},
                           [t](Vars v) { return matmul(v[0], v[1], t); }});
      }
    }
    return samples;
  }

  static std::vector<BadInput> bad_inputs() {
    const Call call = [](Vars v) { return matmul(v[0], v[1]); };
    return {{{{{20, 200}}, {{100, 800}}},
             call,
             "matmul: (20 x 200) times (100 x 800): inner dimensions 200 and 100 differ"},
            {{{{3, 2}}, {{2, 3}}},
             [](Vars v) { return matmul(v[0], v[1], {.b = true}); },
             "matmul: (3 x 2) times (2 x 3) transposed: inner dimensions 2 and 3 differ"},
            {{{{4}}, {{4, 2}}}, call, "matmul: (4) times (4 x 2): two matrices are needed"},
            {{ids({2, 2}, 2), {{2, 2}}},
             call,
             "matmul: input 0 is i32, expected floating-point values"}};
  }
};

/// Products of matrices that lie along leading axes, which broadcast; `Matmul` of each two.
struct BatchMatmul {
  static constexpr OpInfo info{.name = "batch_matmul",
                               .formula = "y[n] = a[n] b[n], each transposed on request",
                               .min_inputs = 2,
                               .max_inputs = 2,
                               .parallel = true};

  /// The last two dimensions, the matrices.
  static Shape matrix(const Shape& s) { return {s[s.rank() - 2], s[s.rank() - 1]}; }
  /// The dimensions before them.
  static Shape leading(const Shape& s) { return s.without(s.rank() - 1).without(s.rank() - 2); }

  static Shape shape(const Signature& s) {
    const auto flags = s.attributes<Flags>();
    const std::string text = Matmul::text(s, 0) + " times " + Matmul::text(s, 1);
    for (int i = 0; i < 2; ++i) {
      if (s.shape(i).rank() < 2) s.reject("{}: matrices are needed", text);
    }
    const Product p = Matmul::sides(matrix(s.shape(0)), matrix(s.shape(1)), flags);
    const Index inner = matrix(s.shape(1))[flags.b != 0 ? 1 : 0];
    if (p.k != inner) s.reject("{}: inner dimensions {} and {} differ", text, p.k, inner);
    const std::optional<Shape> batch = broadcast(leading(s.shape(0)), leading(s.shape(1)));
    if (!batch) {
      s.reject("{}: leading dimensions {} and {} do not broadcast", text,
               leading(s.shape(0)).to_string(), leading(s.shape(1)).to_string());
    }
    return batch->inserted(batch->rank(), p.m).inserted(batch->rank() + 1, p.n);
  }

  /// Which of the matrices of shape `x` stands at `position` among all those of shape `y`.
  static Index source(const Shape& x, const Shape& y, Index position) {
    Index result = 0;
    Index stride = 1;
    const int missing = y.rank() - x.rank();
    for (int axis = y.rank() - 3; axis >= missing; --axis) {
      const Index dim = x[axis - missing];
      if (dim != 1) result += position % y[axis] * stride;
      position /= y[axis];
      stride *= dim;
    }
    return result;
  }

  template <class T>
  static void forward(const KernelCall& k) {
    const Shape& a = k.shape(0);
    const Shape& b = k.shape(1);
    const Product p = Matmul::sides(matrix(a), matrix(b), k.attributes<Flags>());
    const auto [begin, end] = k.share(k.shape().size(0, k.shape().rank() - 2));
    for (Index n = begin; n < end; ++n) {
      multiply_one(p, k.in<T>(0) + source(a, k.shape(), n) * p.m * p.k,
                   k.in<T>(1) + source(b, k.shape(), n) * p.k * p.n, k.out<T>() + n * p.m * p.n);
    }
  }

  /// OpenBLAS has kernels for small matrices and for vectors. Larger matrices it copies as if they
  /// were large, which for those in between takes as long as the product.
  template <class T>
  static void multiply_one(const Product& p, const T* a, const T* b, T* c) {
    constexpr Index kSmall = 1'000'000;  // multiplications
    constexpr Index kThin = 16;
    if (p.m * p.n * p.k <= kSmall || std::min(p.m, p.n) < kThin) {
      multiply(p, a, b, T{0}, c);
      return;
    }
    const Gemm<T> gemm{.m = p.m,
                       .n = p.n,
                       .k = p.k,
                       .a = a,
                       .lda = p.transpose_a ? p.m : p.k,
                       .transpose_a = p.transpose_a,
                       .b = b,
                       .ldb = p.transpose_b ? p.k : p.n,
                       .transpose_b = p.transpose_b,
                       .c = c,
                       .ldc = p.n};
    multiply(gemm, {0, p.m}, {0, p.n});
  }

  /// The gradient of a matrix that is read at a vector is a column times a row. These are recorded
  /// element by element: a sweep computes them where they are read, and need not store them.
  static Var product(Var a, Var b, Transposed t) {
    const Shape m = matrix(a.shape());
    if (m[t.a ? 0 : 1] != 1) return matmul(a, b, t);
    return as_matrices(a, m.size(), 1) * as_matrices(b, 1, matrix(b.shape()).size());
  }
  static Var as_matrices(Var v, Index rows, Index columns) {
    const int rank = v.shape().rank();
    return reshape(v, v.shape().with(rank - 2, rows).with(rank - 1, columns));
  }

  static void gradient(Backward& g) { Matmul::gradient<BatchMatmul>(g); }
  static std::string describe(const Attributes& attributes) { return Matmul::describe(attributes); }

  static std::vector<Sample> samples() {
    std::vector<Sample> samples;
    for (const Transposed t :
         {Transposed{}, Transposed{true, false}, Transposed{false, true}, Transposed{true, true}}) {
      const auto add = [&](const Shape& outer_a, const Shape& outer_b, Index m, Index k, Index n) {
        const auto all = [](const Shape& outer, Index rows, Index columns) {
          return outer.inserted(outer.rank(), rows).inserted(outer.rank() + 1, columns);
        };
        samples.push_back({{{t.a ? all(outer_a, k, m) : all(outer_a, m, k)},
                            {t.b ? all(outer_b, n, k) : all(outer_b, k, n)}},
                           [t](Vars v) { return matmul(v[0], v[1], t); }});
      };
      add({2}, {2}, 3, 4, 5);
      add({2, 3}, {2, 3}, 2, 1, 2);
      add({2, 1}, {3}, 2, 3, 4);
      add({1}, {1}, 1, 1, 1);
      add({0}, {0}, 2, 3, 4);
      add({3}, {3}, 1, 4, 5);
      add({3}, {3}, 5, 4, 1);
      add({}, {2}, 3, 4, 5);
    }
    return samples;
  }

  static std::vector<BadInput> bad_inputs() {
    const Call call = [](Vars v) { return matmul(v[0], v[1]); };
    return {
        {{{{2, 3, 4}}, {{2, 5, 6}}},
         call,
         "batch_matmul: (2 x 3 x 4) times (2 x 5 x 6): inner dimensions 4 and 5 differ"},
        {{{{2, 3, 4}}, {{3, 4, 5}}},
         call,
         "batch_matmul: (2 x 3 x 4) times (3 x 4 x 5): leading dimensions (2) and (3) do not "
         "broadcast"},
        {{{{2, 3, 4}}, {{4}}}, call, "batch_matmul: (2 x 3 x 4) times (4): matrices are needed"}};
  }
};

struct Linear {
  static constexpr OpInfo info{.name = "linear",
                               .formula = "y = x Wᵀ + b",
                               .kind = OpKind::product,
                               .min_inputs = 2,
                               .max_inputs = 3};

  static Notation write(std::span<const Notation> in, const Attributes& /*none*/) {
    const Notation product = in[1] * in[0].grouped();
    return in.size() == 3 ? product + in[2] : product;
  }
  static Shape shape(const Signature& s) {
    const Shape& x = s.shape(0);
    const Shape& W = s.shape(1);
    if (W.rank() != 2) s.reject("W is {}: (out x in) is needed", W.to_string());
    if (x.rank() < 1 || x[x.rank() - 1] != W[1]) {
      s.reject("x is {} and W {}: the last dimension of x has to be {}", x.to_string(),
               W.to_string(), W[1]);
    }
    if (s.count() == 3 && s.shape(2) != Shape{W[0]}) {
      s.reject("W is {} and b {}: b has to be ({})", W.to_string(), s.shape(2).to_string(), W[0]);
    }
    return x.with(x.rank() - 1, W[0]);
  }

  static ProductForm product(const Signature& s) {
    const Shape& x = s.shape(0);
    const Shape& W = s.shape(1);
    return {.bias = s.count() == 3 ? 2 : -1,
            .transpose_b = true,
            .m = x.size(0, x.rank() - 1),
            .n = W[0],
            .k = W[1]};
  }

  template <class T>
  static void forward(const KernelCall& k) {
    const Shape& W = k.shape(1);
    const Index rows = k.shape(0).size(0, k.shape(0).rank() - 1);
    T* const y = k.out<T>();
    if (k.count() == 3) {
      for (Index row = 0; row < rows; ++row) std::copy_n(k.in<T>(2), W[0], y + row * W[0]);
    }
    multiply({false, true, rows, W[0], W[1]}, k.in<T>(0), k.in<T>(1), T(k.count() == 3 ? 1 : 0), y);
  }

  static void gradient(Backward& g) {
    const Var x = g.in(0);
    const Var W = g.in(1);
    const auto flat = [](Var v) {
      const Shape shape = v.shape();
      return reshape(v, {shape.size(0, shape.rank() - 1), shape[shape.rank() - 1]});
    };
    const Var dy = flat(g.dy());
    if (g.wants(0)) g.add(0, reshape(matmul(dy, W), x.shape()));
    if (g.wants(1)) g.add(1, matmul(dy, flat(x), {.a = true}));
    if (g.count() == 3 && g.wants(2)) g.add(2, sum(dy, 0));
  }

  static std::vector<Sample> samples() {
    std::vector<Sample> samples;
    const std::initializer_list<std::pair<Shape, Index>> inputs = {
        {{3, 4}, 5}, {{1, 1}, 1},    {{0, 4}, 5}, {{2, 3, 4}, 5},
        {{4}, 5},    {{2, 3, 4}, 1}, {{3, 0}, 2}};
    for (const auto& [x, out] : inputs) {
      const Index in = x[x.rank() - 1];
      samples.push_back({{{x}, {{out, in}}}, [](Vars v) { return linear(v[0], v[1]); }});
      samples.push_back(
          {{{x}, {{out, in}}, {{out}}}, [](Vars v) { return linear(v[0], v[1], v[2]); }});
    }
    return samples;
  }

  static std::vector<BadInput> bad_inputs() {
    const Call call = [](Vars v) { return linear(v[0], v[1]); };
    return {{{{{20, 5}}, {{8, 4}}},
             call,
             "linear: x is (20 x 5) and W (8 x 4): the last dimension of x has to be 4"},
            {{{{}}, {{8, 4}}},
             call,
             "linear: x is () and W (8 x 4): the last dimension of x has to be 4"},
            {{{{2, 4}}, {{4}}}, call, "linear: W is (4): (out x in) is needed"},
            {{{{2, 4}}, {{3, 4}}, {{4}}},
             [](Vars v) { return linear(v[0], v[1], v[2]); },
             "linear: W is (3 x 4) and b (4): b has to be (3)"}};
  }
};

using Family = OpFamily<Matmul, BatchMatmul, Linear>;

}  // namespace

std::vector<const Op*> matmul_ops() { return Family::all(); }

Var matmul(const Operand& first, const Operand& second, Transposed transposed) {
  const Var a = first.on_tape_of(second);
  const Var b = second.on_tape_of(first);
  const std::array<Var, 2> inputs{a, b};
  const Attributes flags(Flags{transposed.a ? 1 : 0, transposed.b ? 1 : 0});
  const Shape shape = a.shape();
  const bool one_matrix = b.shape().rank() == 2;
  if (one_matrix && shape.rank() > 2 && !transposed.a) {  // one product of all rows
    const int last = shape.rank() - 1;
    const Var rows = reshape(a, {shape.size(0, last), shape[last]});
    const Var y = matmul(rows, b, transposed);
    return reshape(y, shape.with(last, y.shape()[1]));
  }
  const bool several = shape.rank() > 2 || b.shape().rank() > 2;
  return a.tape().record(several ? Family::op<BatchMatmul>() : Family::op<Matmul>(), inputs, flags);
}

Var linear(Var x, const Operand& W, const Operand& b) {
  const std::array<Var, 3> inputs{x, W.on_tape_of(x), b.on_tape_of(x)};
  return x.tape().record(Family::op<Linear>(), inputs);
}

Var linear(Var x, const Operand& W) {
  const std::array<Var, 2> inputs{x, W.on_tape_of(x)};
  return x.tape().record(Family::op<Linear>(), inputs);
}

Var outer(Var a, Var b) {
  const int i = a.shape().rank();
  const int j = b.shape().rank();
  if (i == 0 || j == 0) fail<ShapeError>("outer: a scalar: vectors are needed");
  return reshape(a, a.shape().inserted(i, 1)) * reshape(b, b.shape().inserted(j - 1, 1));
}

Var dot(Var a, Var b, Index axis, bool keep) { return sum(a * b, axis, keep); }

}  // namespace unroll
