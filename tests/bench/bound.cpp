#include "bench/bound.h"

#include <unroll/core/op.h>
#include <unroll/core/run/blas.h>
#include <unroll/core/run/gemm.h>
#include <unroll/core/run/team.h>
#include <unroll/core/tensor.h>

#include <algorithm>
#include <chrono>
#include <cstring>

namespace bench {

using namespace unroll;

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kTrials = 7;

/// Seconds of the fastest of some runs of f on each thread of a team.
template <class F>
double fastest(F f) {
  double best = 1e9;
  for (int i = 0; i < kTrials; ++i) {
    const auto start = Clock::now();
    run_team(threads(), f);
    best = std::min(best, std::chrono::duration<double>(Clock::now() - start).count());
  }
  return best;
}

/// The columns of the left side of a product, which are added up for each element.
Index depth_of(const Graph& graph, const Node& node) {
  const Index n = node.shape[node.shape.rank() - 1];
  const Shape& a = graph.input(node, 0).shape;
  if (node.op->kind == OpKind::product) return a.size() / (node.shape.size() / n);
  const Index m = node.shape[node.shape.rank() - 2];
  return a.size(a.rank() - 2, a.rank()) / m;
}

}  // namespace

double flops_of_products(const Graph& graph) {
  double flops = 0;
  std::vector<std::uint8_t> ran(graph.nodes.size(), 0);
  for (std::size_t i = graph.nodes.size(); i-- > 0;) {
    const Node& node = graph.nodes[i];
    if (node.value == nullptr && ran[i] == 0) continue;
    for (const std::uint32_t input : graph.inputs_of(node)) ran[input] = 1;
    const bool multiplies = node.op->kind == OpKind::product || node.op->name == "batch_matmul";
    if (!multiplies || node.shape.size() == 0) continue;
    flops +=
        2.0 * static_cast<double>(node.shape.size()) * static_cast<double>(depth_of(graph, node));
  }
  return flops;
}

double product_rate() {
  constexpr Index kSize = 1536;
  Tensor matrix(DType::f32, {kSize, kSize});
  std::ranges::fill(matrix.values<float>(), 0.5F);
  Tensor result(DType::f32, {kSize, kSize});
  const float* const a = matrix.values<float>().data();
  float* const c = result.values<float>().data();
  const double seconds = fastest([&](Team& team) {
    const Interval rows = share_of(kSize, team.thread(), team.size());
    multiply({false, false, rows.size(), kSize, kSize}, a + rows.begin * kSize, a, 0.0F,
             c + rows.begin * kSize);
  });
  return 2.0 * kSize * kSize * kSize / seconds;
}

double memory_rate() {
  constexpr Index kBytes = Index{128} << 20;
  std::vector<std::byte> from(kBytes, std::byte{1});
  std::vector<std::byte> to(kBytes);
  const double seconds = fastest([&](Team& team) {
    const Interval part = share_of(kBytes, team.thread(), team.size());
    std::memcpy(to.data() + part.begin, from.data() + part.begin,
                static_cast<std::size_t>(part.size()));
  });
  return 2.0 * kBytes / seconds;
}

}  // namespace bench
