/// Sees products with the same left side, as the gates of a cell: W1 x, W2 x, ... Makes one wider
/// product where the right sides lie one behind another in memory, as the weights of one cell do.
/// The sums of the rows of a matrix, as the gradient of a bias, are its product with a column of
/// ones: they are joined to the gradient of the weight, which reads the same matrix.

#include <unroll/core/plan/make_plan.h>

#include <algorithm>
#include <map>
#include <tuple>

namespace unroll {
namespace {

bool can_join(const BlockProduct& product) {
  return !product.empty() && !product.ones && !product.transpose_a && product.transpose_b &&
         product.inner() == 1;
}

/// Whether `b` reads the matrix behind the one `a` reads.
bool follows(Draft& draft, const BlockProduct& a, const BlockProduct& b) {
  const auto width = static_cast<Index>(size_of(draft.values[a.b[0]].dtype));
  if (a.n != b.n || a.bias.size() != b.bias.size()) return false;
  if (!draft.values[a.b[0]].parameter || !draft.values[b.b[0]].parameter) return false;
  return draft.assume_adjacent(a.b[0], b.b[0], a.n * a.k[0] * width) &&
         (a.bias.empty() || draft.assume_adjacent(a.bias[0], b.bias[0], a.n * width));
}

void merge(Draft& draft, std::span<const Id> run) {
  BlockProduct& merged = draft.products[run[0]];
  merged.columns = run.size();
  for (const Id index : run.subspan(1)) {
    BlockProduct& part = draft.products[index];
    merged.b.push_back(part.b[0]);
    merged.out.push_back(part.out[0]);
    merged.order = std::max(merged.order, part.order);
    if (!part.bias.empty()) merged.bias.push_back(part.bias[0]);
    draft.values[part.out[0]].product = run[0];
    part = {};
  }
}

void join_gates(Draft& draft) {
  std::vector<Id> order;
  for (Id i = 0; i < draft.products.size(); ++i) {
    if (can_join(draft.products[i])) order.push_back(i);
  }
  const auto left = [&](Id i) {
    const BlockProduct& p = draft.products[i];
    const Value& a = draft.values[p.a[0]];
    return std::tuple(a.ref.root, a.ref.offset, a.ref.column, a.window, p.m, p.k[0]);
  };
  std::sort(order.begin(), order.end(), [&](Id i, Id j) {
    const auto p = left(i);
    const auto q = left(j);
    return p != q ? p < q
                  : draft.address(draft.products[i].b[0]) < draft.address(draft.products[j].b[0]);
  });
  for (std::size_t i = 0; i < order.size();) {
    std::size_t end = i + 1;
    while (end < order.size() && left(order[end]) == left(order[i]) &&
           follows(draft, draft.products[order[end - 1]], draft.products[order[end]])) {
      ++end;
    }
    if (end > i + 1) merge(draft, std::span(order).subspan(i, end - i));
    i = end;
  }
}

void join_sums(Draft& draft) {
  const auto sorted = [](std::vector<Id> ids) {
    std::sort(ids.begin(), ids.end());
    return ids;
  };
  std::map<std::vector<Id>, Id> product_of;  // by what it adds up
  for (Id i = 0; i < draft.products.size(); ++i) {
    const BlockProduct& product = draft.products[i];
    const bool fits = !product.empty() && product.transpose_a && product.rows == 1 && product.n > 0;
    if (fits) product_of.emplace(sorted(product.a), i);
  }
  for (BlockProduct& sum : draft.products) {
    if (sum.empty() || !sum.ones) continue;
    const auto found = product_of.find(sorted(sum.b));
    if (found == product_of.end()) continue;
    BlockProduct& product = draft.products[found->second];
    if (!product.sums.empty()) continue;
    product.sums = sum.out;
    product.order = std::max(product.order, sum.order);
    draft.values[sum.out[0]].product = found->second;
    sum = {};
  }
}

}  // namespace

void join(Draft& draft) {
  join_gates(draft);
  join_sums(draft);
}

}  // namespace unroll
