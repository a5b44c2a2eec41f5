/// Matrix products, each by every kernel there is for it; and the other parts of `bench`.
//
//     cmake --build --preset release --target bench
//     build/release/tests/bench --benchmark_filter=product/20x800x200

#include "bench/bench_kernels.h"

#include <cblas.h>
#include <unroll/core/run/gemm.h>
#include <unroll/core/run/team.h>

#include <algorithm>
#include <array>
#include <cmath>

#ifdef UNROLL_BENCH_XSMM
#include "bench/peers/xsmm.h"
#endif

namespace bench {
namespace {

using namespace unroll;

/// A product of training, with its operands stored as they are there.
struct Case {
  Index m;
  Index n;
  Index k;
  bool transpose_a;
  bool transpose_b;
  Index turns;  // one after the other with the same b, as steps have the same weights
  const char* what;
};

constexpr std::array kCases{
    Case{20, 800, 200, false, true, 20, "U h of an LSTM, batch 20"},
    Case{20, 200, 800, false, false, 20, "its gradient"},
    Case{50, 512, 128, false, true, 50, "U h of an LSTM, batch 50"},
    Case{20, 2600, 650, false, true, 35, "U h of a large LSTM"},
    Case{1, 1024, 256, false, true, 2000, "U h of an LSTM, one sequence"},
    Case{400, 10000, 200, false, true, 1, "the logits"},
    Case{10000, 200, 400, true, false, 1, "the gradient of their weights"},
    Case{800, 200, 400, true, false, 1, "the gradient of U over all steps"},
};

Tensor random_matrix(Index rows, Index columns, std::uint64_t seed) {
  Tensor matrix(DType::f32, {rows, columns});
  Random random(seed);
  for (float& x : matrix.values<float>()) x = static_cast<float>(random.uniform(-1, 1));
  return matrix;
}

/// A case with its matrices.
struct Product {
  explicit Product(const Case& c)
      : about(c),
        a(c.transpose_a ? random_matrix(c.k, c.m, 1) : random_matrix(c.m, c.k, 1)),
        b(c.transpose_b ? random_matrix(c.n, c.k, 2) : random_matrix(c.k, c.n, 2)),
        result(DType::f32, {c.m, c.n}),
        gemm{.m = c.m,
             .n = c.n,
             .k = c.k,
             .a = a.values<float>().data(),
             .lda = c.transpose_a ? c.m : c.k,
             .transpose_a = c.transpose_a,
             .b = b.values<float>().data(),
             .ldb = c.transpose_b ? c.k : c.n,
             .transpose_b = c.transpose_b,
             .c = result.values<float>().data(),
             .ldc = c.n} {}

  /// The largest error of an element, as a part of the sum of the sizes of its terms: of some
  /// elements all over the result.
  [[nodiscard]] double error() const {
    double worst = 0;
    for (Index at = 0; at < gemm.m * gemm.n; at += 997) {
      const Index i = at / gemm.n;
      const Index j = at % gemm.n;
      double sum = 0;
      double sizes = 1e-30;
      for (Index p = 0; p < gemm.k; ++p) {
        const double term =
            static_cast<double>(gemm.a[gemm.transpose_a ? p * gemm.lda + i : i * gemm.lda + p]) *
            gemm.b[gemm.transpose_b ? j * gemm.ldb + p : p * gemm.ldb + j];
        sum += term;
        sizes += std::abs(term);
      }
      worst = std::max(worst, std::abs(gemm.c[at] - sum) / sizes);
    }
    return worst;
  }

  Case about;
  Tensor a;
  Tensor b;
  Tensor result;
  Gemm<float> gemm;
};

/// How one thread computes its part of a product, `turns` times; threads meet after each.
using Kernel = void (*)(const Product& product, Team& team);

Interval columns_of(const Gemm<float>& gemm, const Team& team) {
  return share_of(gemm.n, team.thread(), team.size(), column_grain<float>());
}

/// b is packed once for all turns, as plans do it for weights.
void packed(const Product& product, Team& team) {
  const Interval columns = columns_of(product.gemm, team);
  const Buffer memory(static_cast<std::size_t>(packed_size(product.gemm, columns)) * sizeof(float),
                      Buffer::Content::any);
  auto* const b = reinterpret_cast<float*>(memory.data());
  pack(product.gemm, columns, b);
  for (Index turn = 0; turn < product.about.turns; ++turn) {
    multiply(product.gemm, {0, product.gemm.m}, columns, b);
    if (!team.meet()) return;
  }
}

/// The longer side of the result is split, as plans do it.
template <class Multiply>
void split(const Product& product, Team& team, Multiply multiply_part) {
  const Gemm<float>& gemm = product.gemm;
  const bool wide = gemm.n >= gemm.m;
  const Interval rows = wide ? Interval{0, gemm.m} : share_of(gemm.m, team.thread(), team.size());
  const Interval columns = wide ? columns_of(gemm, team) : Interval{0, gemm.n};
  for (Index turn = 0; turn < product.about.turns; ++turn) {
    multiply_part(gemm, rows, columns);
    if (!team.meet()) return;
  }
}

void unpacked(const Product& product, Team& team) {
  split(product, team, [](const Gemm<float>& gemm, Interval rows, Interval columns) {
    multiply(gemm, rows, columns);
  });
}

/// Each thread calls OpenBLAS for its own part.
void openblas(const Product& product, Team& team) {
  split(product, team, [](const Gemm<float>& g, Interval rows, Interval columns) {
    const auto order = [](bool transposed) { return transposed ? CblasTrans : CblasNoTrans; };
    const auto narrow = [](Index n) { return static_cast<blasint>(n); };
    cblas_sgemm(CblasRowMajor, order(g.transpose_a), order(g.transpose_b), narrow(rows.size()),
                narrow(columns.size()), narrow(g.k), 1,
                g.a + rows.begin * (g.transpose_a ? 1 : g.lda), narrow(g.lda),
                g.b + columns.begin * (g.transpose_b ? g.ldb : 1), narrow(g.ldb), 0,
                g.c + rows.begin * g.ldc + columns.begin, narrow(g.ldc));
  });
}

#ifdef UNROLL_BENCH_XSMM
/// Operands are brought into libxsmm's order once for all turns.
void xsmm(const Product& product, Team& team) {
  const XsmmProduct part(product.gemm, columns_of(product.gemm, team));
  for (Index turn = 0; turn < product.about.turns; ++turn) {
    part.multiply();
    if (!team.meet()) return;
  }
}
#endif

struct NamedKernel {
  const char* name;
  Kernel run;
};
constexpr std::array kKernels{
    NamedKernel{"packed", packed},
    NamedKernel{"unpacked", unpacked},
    NamedKernel{"OpenBLAS", openblas},
#ifdef UNROLL_BENCH_XSMM
    NamedKernel{"libxsmm", xsmm},
#endif
};

/// An iteration is one product, what is done once for all turns spread over them.
void run_product(benchmark::State& state, const Case& about, Kernel kernel) {
  const Product product(about);
  const auto threads = static_cast<int>(state.range(0));
  const auto run = [&] { run_team(threads, [&](Team& team) { kernel(product, team); }); };
  run();
  constexpr double kAllowed = 1e-5;
  if (product.error() > kAllowed) {
    state.SkipWithError("the product is wrong");
    return;
  }
  while (state.KeepRunningBatch(about.turns)) run();
  count_rate(state, "FLOP", 2.0 * static_cast<double>(about.m * about.n * about.k));
  state.SetLabel(about.what);
}

void register_products() {
  for (const Case& about : kCases) {
    for (const NamedKernel& kernel : kKernels) {
      const std::string name =
          fmt::format("product/{}x{}x{}/{}", about.m, about.n, about.k, kernel.name);
      on_threads(benchmark::RegisterBenchmark(
          name.c_str(),
          [about, run = kernel.run](benchmark::State& state) { run_product(state, about, run); }));
    }
  }
}

}  // namespace

void count_rate(benchmark::State& state, const char* what, double amount) {
  state.counters[what] = benchmark::Counter(amount, benchmark::Counter::kIsIterationInvariantRate);
}

void on_threads(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgName("threads")->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMicrosecond);
}

}  // namespace bench

int main(int argc, char** argv) {
  openblas_set_num_threads(1);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  bench::register_products();
  bench::register_operations();
  bench::register_planner();
  if (benchmark::RunSpecifiedBenchmarks() == 0) return 1;
  benchmark::Shutdown();
  return 0;
}
