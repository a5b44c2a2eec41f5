#include <unroll/core/run/blas.h>
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

  static Shape shape(const Signature& s) {
    const auto flags = s.attributes<Flags>();
    const auto text = [&](int i) {
      return s.shape(i).to_string() + ((i == 0 ? flags.a : flags.b) != 0 ? " transposed" : "");
    };
    if (s.shape(0).rank() != 2 || s.shape(1).rank() != 2) {
      s.reject("{} times {}: two matrices are needed", text(0), text(1));
    }
    const Product p = sides(s.shape(0), s.shape(1), flags);
    const Index inner = s.shape(1)[flags.b != 0 ? 1 : 0];
    if (p.k != inner) {
      s.reject("{} times {}: inner dimensions {} and {} differ", text(0), text(1), p.k, inner);
    }
    return {p.m, p.n};
  }

  template <class T>
  static void forward(const KernelCall& k) {
    multiply(sides(k.shape(0), k.shape(1), k.attributes<Flags>()), k.in<T>(0), k.in<T>(1), T{0},
             k.out<T>());
  }

  static void gradient(Backward& g) {
    const auto flags = g.attributes<Flags>();
    const bool ta = flags.a != 0;
    const bool tb = flags.b != 0;
    const Var a = g.in(0);
    const Var b = g.in(1);
    if (g.wants(0)) g.add(0, ta ? matmul(b, g.dy(), {tb, true}) : matmul(g.dy(), b, {false, !tb}));
    if (g.wants(1)) g.add(1, tb ? matmul(g.dy(), a, {true, ta}) : matmul(a, g.dy(), {!ta, false}));
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

struct Linear {
  static constexpr OpInfo info{.name = "linear",
                               .formula = "y = x Wᵀ + b",
                               .kind = OpKind::product,
                               .min_inputs = 2,
                               .max_inputs = 3};

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

using Family = OpFamily<Matmul, Linear>;

}  // namespace

std::vector<const Op*> matmul_ops() { return Family::all(); }

Var matmul(Var a, Var b, Transposed transposed) {
  const std::array<Var, 2> inputs{a, b};
  return a.tape().record(Family::op<Matmul>(), inputs,
                         Attributes(Flags{transposed.a ? 1 : 0, transposed.b ? 1 : 0}));
}

Var linear(Var x, Var W, Var b) {
  const std::array<Var, 3> inputs{x, W, b};
  return x.tape().record(Family::op<Linear>(), inputs);
}

Var linear(Var x, Var W) {
  const std::array<Var, 2> inputs{x, W};
  return x.tape().record(Family::op<Linear>(), inputs);
}

}  // namespace unroll
