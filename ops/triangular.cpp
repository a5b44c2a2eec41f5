#include <unroll/core/run/blas.h>
#include <unroll/ops/families.h>
#include <unroll/ops/matmul.h>
#include <unroll/ops/samples.h>
#include <unroll/ops/shape.h>
#include <unroll/ops/triangular.h>

#include <algorithm>

namespace unroll {
namespace {

struct SolveUnitLower {
  struct Flags {
    Index transposed;
  };
  static constexpr OpInfo info{.name = "solve_unit_lower",
                               .formula = "y = (I + L)⁻¹ b, (I + L) transposed on request",
                               .min_inputs = 2,
                               .max_inputs = 2,
                               .parallel = true};

  static Shape shape(const Signature& s) {
    const Shape& L = s.shape(0);
    const Shape& b = s.shape(1);
    const int rank = L.rank();
    if (rank < 2 || L[rank - 2] != L[rank - 1] || b.rank() != rank ||
        L.with(rank - 1, 1) != b.with(rank - 1, 1)) {
      s.reject("L is {} and b {}: (..., n, n) and (..., n, m) are needed", L.to_string(),
               b.to_string());
    }
    return b;
  }

  template <class T>
  static void forward(const KernelCall& k) {
    const Shape& y = k.shape();
    const Index n = y[y.rank() - 2];
    const Index m = y[y.rank() - 1];
    const auto [begin, end] = k.share(y.size(0, y.rank() - 2));
    const bool transposed = k.attributes<Flags>().transposed != 0;
    for (Index i = begin; i < end; ++i) {
      std::copy_n(k.in<T>(1) + i * n * m, n * m, k.out<T>() + i * n * m);
      solve_unit_lower({transposed, n, m}, k.in<T>(0) + i * n * n, k.out<T>() + i * n * m);
    }
  }

  /// With c = (I + L)⁻ᵀ dy: db = c, and dL is -c yᵀ below the diagonal.
  static void gradient(Backward& g) {
    const bool transposed = g.attributes<Flags>().transposed != 0;
    const Var L = g.in(0);
    const Var c = unroll::solve_unit_lower(L, g.dy(), !transposed);
    if (g.wants(1)) g.add(1, c);
    if (!g.wants(0)) return;
    const Index n = L.shape()[L.shape().rank() - 1];
    const Var all = transposed ? matmul(g.y(), c, {.b = true}) : matmul(c, g.y(), {.b = true});
    g.add(0, -(lower_triangle(g.tape(), n, n, -1) * all));
  }

  static std::string describe(const Attributes& attributes) {
    return attributes.as<Flags>().transposed != 0 ? "transposed" : "";
  }

  static std::vector<Sample> samples() {
    std::vector<Sample> samples;
    for (const bool transposed : {false, true}) {
      for (const auto& [L, b] :
           std::initializer_list<std::pair<Shape, Shape>>{{{1, 1}, {1, 1}},
                                                          {{4, 4}, {4, 3}},
                                                          {{3, 3}, {3, 1}},
                                                          {{2, 3, 3}, {2, 3, 2}},
                                                          {{2, 2, 5, 5}, {2, 2, 5, 2}},
                                                          {{0, 3, 3}, {0, 3, 2}},
                                                          {{2, 0, 0}, {2, 0, 3}}}) {
        samples.push_back({{{L, -1, 1}, {b}}, [transposed](Vars v) {
                             return unroll::solve_unit_lower(v[0], v[1], transposed);
                           }});
      }
    }
    return samples;
  }

  static std::vector<BadInput> bad_inputs() {
    const Call call = [](Vars v) { return unroll::solve_unit_lower(v[0], v[1]); };
    return {{{{{2, 3}}, {{2, 3}}},
             call,
             "solve_unit_lower: L is (2 x 3) and b (2 x 3): (..., n, n) and (..., n, m) are "
             "needed"},
            {{{{2, 3, 3}}, {{3, 2}}},
             call,
             "solve_unit_lower: L is (2 x 3 x 3) and b (3 x 2): (..., n, n) and (..., n, m) are "
             "needed"},
            {{{{3, 3}}, {{4, 2}}},
             call,
             "solve_unit_lower: L is (3 x 3) and b (4 x 2): (..., n, n) and (..., n, m) are "
             "needed"}};
  }
};

using Family = OpFamily<SolveUnitLower>;

}  // namespace

std::vector<const Op*> triangular_ops() { return Family::all(); }

Var solve_unit_lower(Var L, Var b, bool transposed) {
  const std::array<Var, 2> inputs{L, b};
  const Attributes flags(SolveUnitLower::Flags{transposed ? 1 : 0});
  return L.tape().record(Family::op<SolveUnitLower>(), inputs, flags);
}

}  // namespace unroll
