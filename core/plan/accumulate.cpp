/// Sees a sum of matrix products, y = a1 b1 + a2 b2 + ... (+ more), as backpropagation through time
/// writes it: the gradient of a weight is a sum over the steps, that of a state a sum over the
/// gates that read it. Makes one product of them, the factors one after another along the inner
/// dimension. Everything in the sum was to be computed before it anyway, so nothing waits longer.

#include <unroll/core/plan/neighbours.h>
#include <unroll/core/plan/passes.h>

#include <algorithm>

namespace unroll {
namespace {

class Accumulation {
 public:
  explicit Accumulation(Draft& draft) : draft_(draft), uses_(draft.count_uses()) {}

  void run() {
    // From the last node on, so that a sum of sums is seen as a whole.
    for (Id id = draft_.work(); id-- > 0;) {
      if (is_sum(id)) visit(id);
    }
  }

 private:
  struct Term {
    Id input;  // of the sum, or of a sum in it
    Id product;
  };

  [[nodiscard]] bool is_sum(Id id) const {
    const Value& value = draft_.values[id];
    if (value.role != Role::elementwise || !value.op->adds_up) return false;
    const auto inputs = draft_.inputs_of(id);
    return std::all_of(inputs.begin(), inputs.end(),
                       [&](Id input) { return same_size(draft_.values[input], value); });
  }
  static bool same_size(const Value& a, const Value& b) {
    return a.rows == b.rows && a.columns == b.columns;
  }
  [[nodiscard]] bool used_once(Id id) const { return uses_[id] == 1 && !draft_.values[id].target; }

  /// What `id` is but for views of the same size that nothing else reads.
  [[nodiscard]] Id behind_views(Id id) const {
    while (draft_.values[id].role == Role::view && used_once(id)) {
      const Id from = draft_.inputs_of(id)[0];
      if (!same_size(draft_.values[from], draft_.values[id])) break;
      id = from;
    }
    return id;
  }

  /// Sorts the inputs of a sum, and of sums in it that nothing else reads, into terms that are
  /// products and others.
  void collect(Id sum) {
    for (const Id input : draft_.inputs_of(sum)) {
      const Id id = behind_views(input);
      const Value& value = draft_.values[id];
      if (used_once(id) && is_sum(id)) {
        absorbed_.push_back(id);
        collect(id);
      } else if (used_once(id) && value.role == Role::product && can_join(value.product)) {
        terms_.push_back({input, value.product});
      } else {
        rest_.push_back(input);
      }
    }
  }

  [[nodiscard]] Id first_of(List list) const { return draft_.ids(list)[0]; }
  [[nodiscard]] Id b_of(const Term& term) const {
    return first_of(draft_.products[term.product].b);
  }

  [[nodiscard]] bool can_join(Id index) const {
    const BlockProduct& product = draft_.products[index];
    const bool moves = product.ones || !draft_.values[first_of(product.a)].parameter;
    return product.inner == 1 && product.bias.empty() && moves;
  }

  void visit(Id sum) {
    terms_.clear();
    rest_.clear();
    absorbed_.clear();
    collect(sum);
    if (terms_.size() < 2) return;
    find_groups();
    const bool changed = std::ranges::any_of(
        groups_, [](const std::vector<Term>& group) { return group.size() > 1; });
    if (!changed) return;
    remove_absorbed();
    if (groups_.size() == 1 && rest_.empty()) {
      merge(groups_[0], sum);
      return;
    }
    for (const std::vector<Term>& group : groups_) {
      if (group.size() == 1) {
        rest_.push_back(group[0].input);
      } else {
        rest_.push_back(draft_.add_like(sum, Role::product));
        merge(group, rest_.back());
      }
    }
    draft_.set_inputs(sum, rest_);
  }

  void remove_absorbed() {
    for (const Id id : absorbed_) draft_.values[id].role = Role::gone;
  }

  [[nodiscard]] bool reads_parameter(const Term& term) const {
    return draft_.values[b_of(term)].parameter;
  }

  /// Whether two products can be one, as far as their shapes are concerned.
  [[nodiscard]] bool fit(const Term& x, const Term& y) const {
    const BlockProduct& p = draft_.products[x.product];
    const BlockProduct& q = draft_.products[y.product];
    const bool parameter = reads_parameter(x);
    return p.ones == q.ones && p.transpose_a == q.transpose_a && p.transpose_b == q.transpose_b &&
           p.m == q.m && p.n == q.n && (!parameter || p.depth == q.depth) &&
           reads_parameter(y) == parameter;
  }

  /// Sorts the terms into groups that are one product each, in order.
  void find_groups() {
    groups_.clear();
    while (!terms_.empty()) {
      const Term first = terms_[0];
      std::vector<Term> group;
      std::erase_if(terms_, [&](const Term& term) {
        if (!fit(first, term)) return false;
        group.push_back(term);
        return true;
      });
      if (reads_parameter(first)) {
        add_neighbours(group);
      } else {
        sort(group);
        groups_.push_back(std::move(group));
      }
    }
  }

  void sort(std::vector<Term>& group) const {
    const auto before = [&](const Term& x, const Term& y) {
      return draft_.lies_before(b_of(x), b_of(y));
    };
    // As a rule the terms come in order of time, or against it.
    if (std::ranges::is_sorted(group, before)) return;
    std::ranges::reverse(group);
    if (!std::ranges::is_sorted(group, before)) std::ranges::sort(group, before);
  }

  /// Parameters are not moved: only those that lie one behind another are one matrix.
  void add_neighbours(const std::vector<Term>& group) {
    const BlockProduct& first = draft_.products[group[0].product];
    const Index bytes =
        first.depth * first.n * static_cast<Index>(size_of(draft_.values[b_of(group[0])].dtype));
    std::vector<Located> matrices;
    for (const Term& term : group) {
      // A matrix that is read transposed has its neighbour beside it, not behind it.
      matrices.push_back({first.transpose_b ? nullptr : draft_.address(b_of(term)), bytes});
    }
    for (const std::vector<std::size_t>& run : runs_of_neighbours(matrices)) {
      std::vector<Term>& together = groups_.emplace_back();
      for (const std::size_t i : run) {
        if (!together.empty()) {
          (void)draft_.assume_adjacent(b_of(together.back()), b_of(group[i]), bytes);
        }
        together.push_back(group[i]);
      }
    }
  }

  /// Makes one product of a group, which gives `out`.
  void merge(const std::vector<Term>& group, Id out) {
    BlockProduct merged = draft_.products[group[0].product];
    merged.depth = 0;
    merged.inner = static_cast<std::uint32_t>(group.size());
    std::vector<Id> a;
    std::vector<Id> b;
    for (const Term& term : group) {
      const BlockProduct& part = draft_.products[term.product];
      if (!part.ones) a.push_back(first_of(part.a));
      b.push_back(first_of(part.b));
      merged.depth += part.depth;
      merged.order = std::max(merged.order, part.order);
      draft_.values[first_of(part.out)].role = Role::gone;
      draft_.remove_product(term.product);
    }
    merged.a = draft_.add_list(a);
    merged.b = draft_.add_list(b);
    merged.out = draft_.add_list({&out, 1});
    draft_.set_product(out, static_cast<Id>(draft_.products.size()));
    draft_.products.push_back(merged);
  }

  Draft& draft_;
  std::vector<std::uint32_t> uses_;
  // Of the sum at hand.
  std::vector<Term> terms_;
  std::vector<Id> rest_;
  std::vector<Id> absorbed_;
  std::vector<std::vector<Term>> groups_;
};

}  // namespace

void accumulate(Draft& draft) { Accumulation(draft).run(); }

}  // namespace unroll
