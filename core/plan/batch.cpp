/// Sees products with the same right side that do not wait for each other: W x_t of all steps t, or
/// of the layer above once the one below is done. Makes one product of them, the left sides one
/// below the other. Waiting for the last left side pays.
///
/// Products of one right side form a group. Which of a group can run together is decided so that no
/// two products ever wait for each other. Let each group be one vertex of the graph of what needs
/// what: where that makes no circle through a group, all of it runs at once. Where it does, as for
/// the U h_{t-1} of a recurrence, each product of the circle gets a depth, the number of products
/// of groups of the circle that run before it, and those of one group and one depth run together.
/// What needs something in its circle has a larger depth than that, so that merging makes no
/// circle.

#include <unroll/core/plan/passes.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

namespace unroll {
namespace {

/// Sets of groups, each kept once and known by its number. Set 0 is empty.
class Sets {
 public:
  [[nodiscard]] const std::vector<std::uint32_t>& operator[](std::uint32_t set) const {
    return *sets_[set];
  }
  std::uint32_t single(std::uint32_t group) {
    if (group >= singles_.size()) singles_.resize(group + 1, 0);
    if (singles_[group] == 0) singles_[group] = number_of({group});
    return singles_[group];
  }
  std::uint32_t join(std::uint32_t a, std::uint32_t b) {
    if (a == b || b == 0) return a;
    if (a == 0) return b;
    if (a > b) std::swap(a, b);
    const auto [joined, is_new] = joined_.try_emplace((std::uint64_t{a} << 32) | b, 0);
    if (is_new) {
      std::vector<std::uint32_t> both;
      std::ranges::set_union(*sets_[a], *sets_[b], std::back_inserter(both));
      joined->second = number_of(std::move(both));
    }
    return joined->second;
  }

 private:
  std::uint32_t number_of(std::vector<std::uint32_t> set) {
    const auto [known, is_new] =
        numbers_.try_emplace(std::move(set), static_cast<std::uint32_t>(sets_.size()));
    if (is_new) sets_.push_back(&known->first);
    return known->second;
  }

  std::map<std::vector<std::uint32_t>, std::uint32_t> numbers_{{{}, 0}};
  std::vector<const std::vector<std::uint32_t>*> sets_{&numbers_.begin()->first};
  std::vector<std::uint32_t> singles_;  // by group
  std::unordered_map<std::uint64_t, std::uint32_t> joined_;
};

class Batching {
 public:
  explicit Batching(Draft& draft) : draft_(draft) {}

  void run() {
    find_groups();
    if (members_.empty()) return;
    find_edges();
    find_circles();
    find_depths();
    merge_all();
  }

 private:
  /// Products that could be one, if they did not wait for each other.
  [[nodiscard]] bool same_right_side(const BlockProduct& p, const BlockProduct& q) const {
    const auto equal = [&](List a, List b) {
      return a.count == b.count && std::ranges::equal(draft_.ids(a), draft_.ids(b));
    };
    return p.transpose_a == q.transpose_a && p.transpose_b == q.transpose_b && p.m == q.m &&
           p.n == q.n && p.columns == q.columns && equal(p.b, q.b) && equal(p.bias, q.bias);
  }

  void find_groups() {
    std::vector<Id> order;
    for (Id i = 0; i < draft_.products.size(); ++i) {
      const BlockProduct& product = draft_.products[i];
      if (!product.is_gone() && !product.ones) order.push_back(i);  // sums have no left sides
    }
    std::ranges::stable_sort(order, [&](Id i, Id j) {
      const BlockProduct& p = draft_.products[i];
      const BlockProduct& q = draft_.products[j];
      const auto b = draft_.ids(p.b);
      const auto c = draft_.ids(q.b);
      if (std::ranges::equal(b, c)) return p.m < q.m;
      return std::ranges::lexicographical_compare(b, c);
    });
    group_of_.assign(draft_.products.size(), kNone);
    for (std::size_t i = 0; i < order.size();) {
      std::size_t end = i + 1;
      const BlockProduct& first = draft_.products[order[i]];
      while (end < order.size() && same_right_side(first, draft_.products[order[end]])) ++end;
      if (end > i + 1) {
        for (std::size_t k = i; k < end; ++k) {
          group_of_[order[k]] = groups_;
          members_.push_back(order[k]);
        }
        ends_.push_back(static_cast<std::uint32_t>(members_.size()));
        ++groups_;
      }
      i = end;
    }
  }

  [[nodiscard]] std::span<const Id> members_of(std::uint32_t group) const {
    const std::uint32_t begin = group == 0 ? 0 : ends_[group - 1];
    return std::span(members_).subspan(begin, ends_[group] - begin);
  }

  /// Calls `f` for every value, each after those it needs. Values come in such an order, but for
  /// those that passes added.
  template <class F>
  void for_each_in_order(F f) const {
    const auto first_added = static_cast<Id>(draft_.request.nodes.size());
    std::vector<std::uint8_t> visited(draft_.values.size() - first_added, 0);
    const auto visit_added = [&](const auto& self, Id id) -> void {
      if (id < first_added || std::exchange(visited[id - first_added], 1) != 0) return;
      draft_.for_each_need(id, [&](Id need) { self(self, need); });
      f(id);
    };
    for (Id id = 0; id < draft_.work(); ++id) {
      if (draft_.values[id].role == Role::gone) continue;
      if (!visited.empty()) {
        draft_.for_each_need(id, [&](Id need) { visit_added(visit_added, need); });
      }
      f(id);
    }
  }

  [[nodiscard]] std::uint32_t group_of_value(Id id) const {
    const Id product = draft_.values[id].product;
    return product == kNone ? kNone : group_of_[product];
  }

  /// Finds which groups need which. A value has a set, the groups that it needs through no other
  /// group; few values have sets of their own, so that equal ones are kept once.
  void find_edges() {
    std::vector<std::uint32_t> set_of(draft_.values.size(), 0);
    std::set<std::pair<std::uint32_t, std::uint32_t>> seen;  // group and set
    edges_.resize(groups_);
    met_.assign(draft_.products.size(), 0);
    for_each_in_order([&](Id id) {
      const std::uint32_t group = group_of_value(id);
      if (group != kNone) set_of[id] = sets_.single(group);
      if (group != kNone && !is_met_first(id)) return;
      std::uint32_t set = 0;
      draft_.for_each_need(id, [&](Id need) { set = sets_.join(set, set_of[need]); });
      if (group == kNone) {
        set_of[id] = set;
      } else if (seen.emplace(group, set).second) {
        for (const std::uint32_t needed : sets_[set]) edges_[group].push_back(needed);
      }
    });
  }

  /// Whether `id` is the first result of its product to be met: all need the same values, which
  /// have been met before. (Sums joined to a product can come before; nothing needs them.)
  [[nodiscard]] bool is_met_first(Id id) {
    const Id index = draft_.values[id].product;
    const BlockProduct& product = draft_.products[index];
    const bool is_sum = !product.sums.empty() && !std::ranges::count(draft_.ids(product.out), id);
    return !is_sum && std::exchange(met_[index], 1) == 0;
  }

  /// Tarjan's algorithm: groups that wait for each other, directly or not, get one number, which is
  /// larger than those of other groups that they need.
  void find_circles() {
    circle_.assign(groups_, kNone);
    std::vector<std::uint32_t> found(groups_, kNone);           // when it was first met
    std::vector<std::uint32_t> low(groups_, 0);                 // the earliest it leads back to
    std::vector<std::uint32_t> open;                            // met, and of no circle yet
    std::vector<std::pair<std::uint32_t, std::size_t>> visits;  // and how many edges were followed
    std::uint32_t time = 0;
    std::uint32_t circles = 0;
    const auto meet = [&](std::uint32_t group) {
      found[group] = low[group] = time++;
      open.push_back(group);
      visits.emplace_back(group, 0);
    };
    for (std::uint32_t first = 0; first < groups_; ++first) {
      if (found[first] == kNone) meet(first);
      while (!visits.empty()) {
        const std::uint32_t group = visits.back().first;
        if (visits.back().second < edges_[group].size()) {
          const std::uint32_t needed = edges_[group][visits.back().second++];
          if (found[needed] == kNone) {
            meet(needed);
          } else if (circle_[needed] == kNone) {
            low[group] = std::min(low[group], found[needed]);
          }
          continue;
        }
        visits.pop_back();
        if (!visits.empty()) {
          const std::uint32_t from = visits.back().first;
          low[from] = std::min(low[from], low[group]);
        }
        if (low[group] != found[group]) continue;
        std::uint32_t member = kNone;
        while (member != group) {
          member = open.back();
          open.pop_back();
          circle_[member] = circles;
        }
        ++circles;
      }
    }
  }

  /// Finds, by product, how many products of groups of its own circle run before it.
  void find_depths() {
    // Of the last circle that a value needs, counted from 1, and how many products of it: one
    // number that compares by the circle first. What needs the value is of that circle, or of a
    // later one.
    using Level = std::uint64_t;
    std::vector<Level> levels(draft_.values.size(), 0);
    depth_.assign(draft_.products.size(), 0);
    met_.assign(draft_.products.size(), 0);
    for_each_in_order([&](Id id) {
      const std::uint32_t group = group_of_value(id);
      if (group != kNone && !is_met_first(id)) return;
      Level level = 0;
      draft_.for_each_need(id, [&](Id need) { level = std::max(level, levels[need]); });
      if (group == kNone) {
        levels[id] = level;
        return;
      }
      level = std::max(level, Level{circle_[group] + 1} << 32);
      const BlockProduct& product = draft_.products[draft_.values[id].product];
      depth_[draft_.values[id].product] = static_cast<std::uint32_t>(level);
      draft_.for_each_result(product, [&](Id result) { levels[result] = level + 1; });
    });
  }

  void merge_all() {
    for (std::uint32_t g = 0; g < groups_; ++g) {
      const auto members = members_of(g);
      std::vector<Id> group(members.begin(), members.end());
      std::ranges::stable_sort(group, {}, [&](Id i) { return depth_[i]; });
      for (std::size_t i = 0; i < group.size();) {
        std::size_t end = i + 1;
        while (end < group.size() && end - i < most_rows(group[i]) &&
               depth_[group[end]] == depth_[group[i]]) {
          ++end;
        }
        if (end > i + 1) merge(std::span(group).subspan(i, end - i));
        i = end;
      }
    }
  }

  /// How many products may be one: where values are not kept, no more than what fits the cache, so
  /// that the results of a few steps at a time are there.
  [[nodiscard]] std::size_t most_rows(Id index) const {
    constexpr Index kElements = Index{1} << 19;
    const Request::Purpose purpose = draft_.request.purpose;
    if (purpose == Request::Purpose::values || purpose == Request::Purpose::gradients) {
      return draft_.products.size();
    }
    const BlockProduct& product = draft_.products[index];
    return static_cast<std::size_t>(
        std::max<Index>(2, kElements / (product.m * product.n * product.columns)));
  }

  void merge(std::span<Id> batch) {
    // In the order of the results where these have destinations, else in that of the left sides.
    const auto out = [&](Id i) { return draft_.ids(draft_.products[i].out)[0]; };
    const bool placed = std::ranges::all_of(
        batch, [&](Id i) { return draft_.values[draft_.values[out(i)].place.owner].placed; });
    std::ranges::sort(batch, [&](Id i, Id j) {
      if (placed) return draft_.address(out(i)) < draft_.address(out(j));
      return draft_.lies_before(draft_.ids(draft_.products[i].a)[0],
                                draft_.ids(draft_.products[j].a)[0]);
    });
    const bool sums =
        std::ranges::any_of(batch, [&](Id i) { return !draft_.products[i].sums.empty(); });
    std::vector<Id> a;
    std::vector<Id> outs;
    std::vector<Id> sum_of_each;
    BlockProduct merged = draft_.products[batch[0]];
    const auto append = [&](std::vector<Id>& to, List list) {
      const auto ids = draft_.ids(list);
      to.insert(to.end(), ids.begin(), ids.end());
    };
    for (const Id i : batch) {
      const BlockProduct& part = draft_.products[i];
      append(a, part.a);
      append(outs, part.out);
      if (sums) sum_of_each.push_back(part.sums.empty() ? kNone : draft_.ids(part.sums)[0]);
      merged.order = std::max(merged.order, part.order);
      draft_.for_each_result(part, [&](Id id) { draft_.values[id].product = batch[0]; });
    }
    for (const Id i : batch.subspan(1)) draft_.remove_product(i);
    merged.rows = static_cast<std::uint32_t>(batch.size());
    merged.a = draft_.add_list(a);
    merged.out = draft_.add_list(outs);
    merged.sums = draft_.add_list(sum_of_each);
    draft_.products[batch[0]] = merged;
  }

  Draft& draft_;
  std::uint32_t groups_ = 0;
  std::vector<Id> group_of_;         // by product, kNone: of no group
  std::vector<Id> members_;          // products, those of a group together
  std::vector<std::uint32_t> ends_;  // by group, in members_
  Sets sets_;
  std::vector<std::vector<std::uint32_t>> edges_;  // by group, to what it needs
  std::vector<std::uint32_t> circle_;              // by group
  std::vector<std::uint8_t> met_;                  // by product, scratch
  std::vector<std::uint32_t> depth_;               // by product
};

}  // namespace

void batch(Draft& draft) { Batching(draft).run(); }

}  // namespace unroll
