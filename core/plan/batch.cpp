/// Sees products with the same right side that do not wait for each other: W x_t of all steps t, or
/// of the layer above once the one below is done. Makes one product of them, the left sides one
/// below the other. Waiting for the last left side pays.

#include <unroll/core/plan/make_plan.h>

#include <algorithm>
#include <functional>

namespace unroll {
namespace {

bool same_right_side(const BlockProduct& p, const BlockProduct& q) {
  return p.transpose_a == q.transpose_a && p.transpose_b == q.transpose_b && p.n == q.n &&
         p.k == q.k && p.columns == q.columns && p.b == q.b && p.bias == q.bias;
}

/// Products with one right side, by their numbers.
std::vector<std::vector<Id>> groups_of(const Draft& draft) {
  std::vector<Id> order;
  for (Id i = 0; i < draft.products.size(); ++i) {
    const BlockProduct& product = draft.products[i];
    if (!product.empty() && !product.ones) order.push_back(i);  // sums have no left sides
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](Id i, Id j) { return draft.products[i].b < draft.products[j].b; });
  std::vector<std::vector<Id>> groups;
  for (std::size_t i = 0; i < order.size();) {
    std::size_t end = i + 1;
    while (end < order.size() &&
           same_right_side(draft.products[order[i]], draft.products[order[end]])) {
      ++end;
    }
    if (end > i + 1) {
      groups.emplace_back(order.begin() + static_cast<std::ptrdiff_t>(i),
                          order.begin() + static_cast<std::ptrdiff_t>(end));
    }
    i = end;
  }
  return groups;
}

/// The level of a product in its group: how many products of the group one has to wait for, one
/// after another. Those of one level can run together.
std::vector<std::uint32_t> levels_of(const Draft& draft,
                                     const std::vector<std::vector<Id>>& groups) {
  const std::size_t count = groups.size();
  std::vector<Id> group_of(draft.products.size(), kNone);
  for (std::size_t g = 0; g < count; ++g) {
    for (const Id product : groups[g]) group_of[product] = static_cast<Id>(g);
  }
  std::vector<std::uint32_t> waits(draft.values.size() * count, 0);  // by value, for each group
  std::vector<std::uint32_t> levels(draft.products.size(), 0);
  const auto work = static_cast<Id>(draft.request.work.size());
  std::vector<std::uint8_t> visited(draft.values.size(), 0);
  // Values come in an order they can be computed in, but for those that were added.
  const std::function<void(Id)> visit = [&](Id id) {
    visited[id] = 1;
    std::uint32_t* const own = waits.data() + id * count;
    draft.for_each_need(id, [&](Id need) {
      if (need >= work && visited[need] == 0) visit(need);
      const std::uint32_t* const other = waits.data() + need * count;
      for (std::size_t g = 0; g < count; ++g) own[g] = std::max(own[g], other[g]);
    });
    const Id product = draft.values[id].product;
    if (product == kNone || group_of[product] == kNone) return;
    levels[product] = std::max(levels[product], own[group_of[product]]);
    ++own[group_of[product]];
  };
  for (Id id = 0; id < work; ++id) {
    if (draft.values[id].role != Role::gone) visit(id);
  }
  return levels;
}

void merge(Draft& draft, std::vector<Id> batch) {
  // In the order of the results where they have their places, else of what is read.
  const bool placed = std::all_of(batch.begin(), batch.end(), [&](Id i) {
    return draft.values[draft.values[draft.products[i].out[0]].ref.root].placed;
  });
  std::sort(batch.begin(), batch.end(), [&](Id i, Id j) {
    const BlockProduct& p = draft.products[i];
    const BlockProduct& q = draft.products[j];
    return placed ? draft.lies_before(p.out[0], q.out[0]) : draft.lies_before(p.a[0], q.a[0]);
  });
  const Id first = batch[0];
  for (std::size_t i = 1; i < batch.size(); ++i) {
    BlockProduct& merged = draft.products[first];
    BlockProduct& part = draft.products[batch[i]];
    if (!merged.sums.empty() || !part.sums.empty()) {
      merged.sums.resize(merged.rows, kNone);
      part.sums.resize(part.rows, kNone);
      merged.sums.insert(merged.sums.end(), part.sums.begin(), part.sums.end());
    }
    merged.rows += 1;
    merged.order = std::max(merged.order, part.order);
    merged.a.insert(merged.a.end(), part.a.begin(), part.a.end());
    merged.out.insert(merged.out.end(), part.out.begin(), part.out.end());
    part.for_each_result([&](Id id) { draft.values[id].product = first; });
    part = {};
  }
}

}  // namespace

void batch(Draft& draft) {
  constexpr std::size_t kMost = std::size_t{1} << 26;  // entries of the table of levels
  const std::vector<std::vector<Id>> groups = groups_of(draft);
  if (groups.empty() || groups.size() * draft.values.size() > kMost) return;
  const std::vector<std::uint32_t> levels = levels_of(draft, groups);
  for (std::vector<Id> group : groups) {
    std::stable_sort(group.begin(), group.end(), [&](Id i, Id j) {
      return levels[i] != levels[j] ? levels[i] < levels[j]
                                    : draft.products[i].m < draft.products[j].m;
    });
    for (std::size_t i = 0; i < group.size();) {
      std::size_t end = i + 1;
      while (end < group.size() && levels[group[end]] == levels[group[i]] &&
             draft.products[group[end]].m == draft.products[group[i]].m) {
        ++end;
      }
      if (end > i + 1) {
        merge(draft, {group.begin() + static_cast<std::ptrdiff_t>(i),
                      group.begin() + static_cast<std::ptrdiff_t>(end)});
      }
      i = end;
    }
  }
}

}  // namespace unroll
