/// Lets every step of a plan with enough work run on all threads of a team, in one parallel region:
/// products by columns or rows, sweeps by tiles, copies by rows, kernels by what they share out. A
/// matrix that small products read again and again, as the recurrent weights at every step, is
/// packed once; each thread packs the columns it computes, and keeps them in its cache.

#include <unroll/core/plan/passes.h>

#include <algorithm>
#include <tuple>

namespace unroll {
namespace {

/// Whether packing the right side is worth while if there are other products that read it, and
/// possible: it is a matrix from outside.
bool could_read_packed(const Draft& draft, const BlockProduct& p) {
  constexpr Index kSmall = 64;  // rows: with more, packing costs little beside the product
  if (p.is_gone() || p.swept || p.m * p.rows > kSmall) return false;
  const Value& b = draft.values[draft.ids(p.b)[0]];
  const Value& owner = draft.values[b.place.owner];
  return (owner.role == Role::source || owner.placed) && (p.b.count == 1 || b.parameter);
}

/// About how many operations on single elements a plan takes.
double work_of(const Draft& draft) {
  double work = 0;
  for (const BlockProduct& p : draft.products) {
    if (p.is_gone()) continue;
    work += static_cast<double>(p.m * p.rows) * static_cast<double>(p.n * p.columns * p.depth);
  }
  for (const Value& value : draft.values) {
    const bool computed = value.role == Role::elementwise || value.role == Role::kernel;
    if (computed) work += static_cast<double>(value.rows * value.columns);
  }
  return work;
}

}  // namespace

void spread(Draft& draft) {
  // Where plans are run again and again, what is packed once serves all runs.
  const bool keeps = draft.request.purpose == Request::Purpose::replay;
  const std::size_t worth_packing = keeps ? 1 : 3;
  // Threads wait for each other after each step: for little work that takes longer than the work,
  // the more so where other programs want the cores.
  constexpr double kLittle = 4e5;
  const bool little = !draft.shares_little && work_of(draft) < kLittle;
  draft.threads = little ? 1 : draft.most_threads;
  std::vector<Id> order;
  for (Id i = 0; i < draft.products.size(); ++i) {
    if (could_read_packed(draft, draft.products[i])) order.push_back(i);
  }
  const auto matrix = [&](Id i) {
    const BlockProduct& p = draft.products[i];
    const Place& b = draft.values[draft.ids(p.b)[0]].place;
    return std::tuple(b.owner, b.offset, b.column, b.window, p.transpose_b, p.n * p.columns,
                      p.depth);
  };
  std::ranges::stable_sort(order, {}, matrix);
  for (std::size_t i = 0; i < order.size();) {
    std::size_t end = i + 1;
    while (end < order.size() && matrix(order[end]) == matrix(order[i])) ++end;
    if (end - i >= worth_packing) {
      for (std::size_t k = i; k < end; ++k) draft.products[order[k]].packed = draft.packed;
      ++draft.packed;
    }
    i = end;
  }
}

}  // namespace unroll
