/// Sees products with the same right side that do not wait for each other: W x_t of all steps t, or
/// of the layer above once the one below is done. Makes one product of them, the left sides one
/// below the other. Waiting for the last left side pays.
///
/// Products of one right side form a group. Which of a group can run together is decided so that no
/// two products ever wait for each other. Let each group be one vertex of the graph of what needs
/// what: where that makes no circle through a group, all of it runs at once. Where it does, as for
/// the U h_{t-1} of a recurrence, each product of the circle gets a depth, the number of products
/// of groups of the circle that run before it, and those of one group and one depth run together.
/// An edge within a circle always leads from a smaller depth to a larger one, so that what is
/// merged is no circle.

#include <unroll/core/plan/passes.h>

#include <algorithm>

namespace unroll {
namespace {

class Batching {
 public:
  explicit Batching(Draft& draft) : draft_(draft) {}

  void run() {
    find_groups();
    if (members_.empty()) return;
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

  // Vertices are groups, then the other products, then the other values.

  [[nodiscard]] std::uint32_t vertex_of(Id id) const {
    const Id product = draft_.values[id].product;
    if (product == kNone) {
      return groups_ + static_cast<std::uint32_t>(draft_.products.size()) + id;
    }
    return group_of_[product] != kNone ? group_of_[product] : groups_ + product;
  }

  /// The values that a vertex needs, as one list of lists: those of a group are many.
  template <class F>
  void for_each_need(std::uint32_t vertex, F f) const {
    const auto products = static_cast<std::uint32_t>(draft_.products.size());
    if (vertex < groups_) {
      for (const Id product : members_of(vertex)) {
        draft_.for_each_operand(draft_.products[product], f);
      }
    } else if (vertex < groups_ + products) {
      draft_.for_each_operand(draft_.products[vertex - groups_], f);
    } else {
      for (const Id input : draft_.inputs_of(vertex - groups_ - products)) f(input);
    }
  }

  /// Tarjan's algorithm: vertices that wait for each other, directly or not, get one number.
  void find_circles() {
    const std::size_t count = groups_ + draft_.products.size() + draft_.values.size();
    circle_.assign(count, kNone);
    std::vector<std::uint32_t> found(count, kNone);  // when it was first met
    std::vector<std::uint32_t> low(count, 0);        // the earliest it leads back to
    std::vector<std::uint32_t> open;                 // met, and of no circle yet
    struct Visit {
      std::uint32_t vertex;
      std::uint32_t begin;  // its needs that are still to be followed, in needs_
      std::uint32_t end;
    };
    std::vector<Visit> visits;
    std::vector<std::uint32_t> needs;
    std::uint32_t time = 0;
    std::uint32_t circles = 0;
    const auto meet = [&](std::uint32_t vertex) {
      found[vertex] = low[vertex] = time++;
      open.push_back(vertex);
      const auto begin = static_cast<std::uint32_t>(needs.size());
      for_each_need(vertex, [&](Id need) { needs.push_back(vertex_of(need)); });
      visits.push_back({vertex, begin, static_cast<std::uint32_t>(needs.size())});
    };
    for (std::uint32_t group = 0; group < groups_; ++group) {
      if (found[group] != kNone) continue;
      meet(group);
      while (!visits.empty()) {
        Visit& visit = visits.back();
        const std::uint32_t vertex = visit.vertex;
        if (visit.begin < visit.end) {
          const std::uint32_t need = needs[--visit.end];
          needs.pop_back();
          if (found[need] == kNone) {
            meet(need);
          } else if (circle_[need] == kNone) {
            low[vertex] = std::min(low[vertex], found[need]);
          }
          continue;
        }
        visits.pop_back();
        if (!visits.empty()) {
          low[visits.back().vertex] = std::min(low[visits.back().vertex], low[vertex]);
        }
        if (low[vertex] != found[vertex]) continue;
        std::uint32_t member = kNone;
        while (member != vertex) {
          member = open.back();
          open.pop_back();
          circle_[member] = circles;
        }
        ++circles;
      }
    }
  }

  /// By product, how many products of groups of its own circle run before it.
  void find_depths() {
    depth_.assign(draft_.products.size(), 0);
    std::vector<std::uint32_t> depths(draft_.values.size(), kNone);  // after the value is there
    std::vector<Id> stack;
    // Values come in an order they can be computed in, but for those that passes added.
    const auto depth_before = [&](Id id) {
      std::uint32_t depth = 0;
      const std::uint32_t circle = circle_[vertex_of(id)];
      draft_.for_each_need(id, [&](Id need) {
        if (circle_[vertex_of(need)] == circle) depth = std::max(depth, depths[need]);
      });
      return depth;
    };
    const auto compute = [&](Id first) {
      stack.assign(1, first);
      while (!stack.empty()) {
        const Id id = stack.back();
        const std::size_t size = stack.size();
        draft_.for_each_need(id, [&](Id need) {
          if (depths[need] == kNone) stack.push_back(need);
        });
        if (stack.size() > size) continue;
        stack.pop_back();
        if (depths[id] != kNone) continue;
        depths[id] = depth_before(id);
        const Id product = draft_.values[id].product;
        if (product == kNone || group_of_[product] == kNone) continue;
        depth_[product] = depths[id];
        ++depths[id];
      }
    };
    for (Id id = 0; id < draft_.values.size(); ++id) {
      if (draft_.values[id].role != Role::gone && depths[id] == kNone) compute(id);
    }
  }

  void merge_all() {
    for (std::uint32_t g = 0; g < groups_; ++g) {
      const auto members = members_of(g);
      std::vector<Id> group(members.begin(), members.end());
      std::ranges::stable_sort(group, {}, [&](Id i) { return depth_[i]; });
      for (std::size_t i = 0; i < group.size();) {
        std::size_t end = i + 1;
        while (end < group.size() && depth_[group[end]] == depth_[group[i]]) ++end;
        if (end > i + 1) merge(std::span(group).subspan(i, end - i));
        i = end;
      }
    }
  }

  void merge(std::span<Id> batch) {
    // In the order of the results where these have destinations, else of what is read.
    const auto out = [&](Id i) { return draft_.ids(draft_.products[i].out)[0]; };
    const bool placed = std::ranges::all_of(
        batch, [&](Id i) { return draft_.values[draft_.values[out(i)].place.owner].placed; });
    std::ranges::sort(batch, [&](Id i, Id j) {
      if (placed) return draft_.lies_before(out(i), out(j));
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
  std::vector<Id> group_of_;           // by product, kNone: of no group
  std::vector<Id> members_;            // products, those of a group together
  std::vector<std::uint32_t> ends_;    // by group, in members_
  std::vector<std::uint32_t> circle_;  // by vertex
  std::vector<std::uint32_t> depth_;   // by product
};

}  // namespace

void batch(Draft& draft) { Batching(draft).run(); }

}  // namespace unroll
