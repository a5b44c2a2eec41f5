/// Sees a plan that runs on one thread. Lets every step run on all threads of a team, in one
/// parallel region: products by columns or rows, sweeps by tiles, copies by rows, kernels by what
/// they share out. A matrix that small products read again and again, as the recurrent weights at
/// every step, is packed once; each thread packs the columns it computes, and keeps them in its
/// cache.

#include <unroll/core/plan/make_plan.h>
#include <unroll/core/plan/reuse.h>

#include <algorithm>
#include <tuple>

namespace unroll {
namespace {

/// A product that reads a matrix which could be packed.
struct Use {
  Rect b;
  bool transpose;
  Index n;
  Index k;
  std::size_t step;
};

auto matrix_of(const Use& use) {
  return std::tuple(use.b.base, use.b.offset, use.b.stride, use.transpose, use.n, use.k);
}

/// Small products with matrices from outside, those with one matrix together.
std::vector<Use> find_uses(const Plan& plan) {
  constexpr Index kSmall = 64;  // rows: with more, packing costs little beside the product
  std::vector<Use> uses;
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    const auto* const product = std::get_if<ProductStep>(&plan.steps[i].what);
    if (product == nullptr || product->m > kSmall || product->b.base == 0) continue;
    uses.push_back({product->b, product->transpose_b, product->n, product->k, i});
  }
  std::stable_sort(uses.begin(), uses.end(),
                   [](const Use& a, const Use& b) { return matrix_of(a) < matrix_of(b); });
  return uses;
}

}  // namespace

void spread(Plan& plan, int threads) {
  constexpr std::size_t kWorthPacking = 3;
  plan.threads = threads;
  const std::vector<Use> uses = find_uses(plan);
  std::vector<std::pair<std::size_t, std::int32_t>> packs;  // before which step, which matrix
  std::vector<Lifetime> buffers;
  for (std::size_t i = 0; i < uses.size();) {
    std::size_t end = i + 1;
    while (end < uses.size() && matrix_of(uses[end]) == matrix_of(uses[i])) ++end;
    if (end - i >= kWorthPacking) {
      const auto packed = static_cast<std::int32_t>(plan.packed.size());
      const Index columns = uses[i].n + threads * PackedMatrix::kPadding;
      const Index bytes = columns * uses[i].k * static_cast<Index>(size_of(plan.dtype));
      plan.packed.push_back({uses[i].b, uses[i].transpose, uses[i].n, uses[i].k, 0});
      buffers.push_back({bytes, static_cast<std::uint32_t>(uses[i].step),
                         static_cast<std::uint32_t>(uses[end - 1].step)});
      packs.emplace_back(uses[i].step, packed);
      for (std::size_t u = i; u < end; ++u) {
        std::get<ProductStep>(plan.steps[uses[u].step].what).packed = packed;
      }
    }
    i = end;
  }
  std::sort(packs.begin(), packs.end());
  const Layout layout = lay_out(buffers);
  for (std::size_t i = 0; i < plan.packed.size(); ++i) {
    plan.packed[i].offset = plan.bytes + layout.offsets[i];
  }
  plan.bytes += layout.bytes;

  std::vector<Step> steps;
  std::size_t next = 0;
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    for (; next < packs.size() && packs[next].first == i; ++next) {
      steps.push_back({PackStep{packs[next].second}, plan.steps[i].node, 0});
    }
    steps.push_back(std::move(plan.steps[i]));
  }
  plan.steps = std::move(steps);
}

}  // namespace unroll
