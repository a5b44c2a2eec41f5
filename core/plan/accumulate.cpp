/// Sees a sum of matrix products, y = a1 b1 + a2 b2 + ... (+ more), as backpropagation through time
/// writes it: the gradient of a weight is a sum over the steps, that of a state a sum over the
/// gates that read it. Makes one product of them, the factors one after another along the inner
/// dimension. Everything in the sum was to be computed before it anyway, so nothing waits longer.

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
    bool changed = false;
    while (terms_.size() > 1 || (changed && !terms_.empty())) {
      take_group();
      changed = changed || group_.size() > 1;
      if (group_.size() == 1) {
        rest_.push_back(group_[0].input);
      } else if (terms_.empty() && rest_.empty()) {
        merge(sum);
        remove_absorbed();
        return;
      } else {
        rest_.push_back(draft_.add_like(sum, Role::product));
        merge(rest_.back());
      }
    }
    if (!changed) return;
    remove_absorbed();
    draft_.set_inputs(sum, rest_);
  }

  void remove_absorbed() {
    for (const Id id : absorbed_) draft_.values[id].role = Role::gone;
  }

  /// Moves the first of the terms to the group, with all that can be one product with it, in order.
  void take_group() {
    const BlockProduct first = draft_.products[terms_[0].product];
    const bool parameter = draft_.values[first_of(first.b)].parameter;
    group_.clear();
    std::erase_if(terms_, [&](const Term& term) {
      const BlockProduct& product = draft_.products[term.product];
      const bool fits = product.ones == first.ones && product.transpose_a == first.transpose_a &&
                        product.transpose_b == first.transpose_b && product.m == first.m &&
                        product.n == first.n && (!parameter || product.depth == first.depth) &&
                        draft_.values[first_of(product.b)].parameter == parameter;
      if (fits) group_.push_back(term);
      return fits;
    });
    if (!parameter) {
      const auto before = [&](const Term& x, const Term& y) {
        return draft_.lies_before(b_of(x), b_of(y));
      };
      // As a rule the terms come in order of time, or against it.
      if (std::ranges::is_sorted(group_, before)) return;
      std::ranges::reverse(group_);
      if (!std::ranges::is_sorted(group_, before)) std::ranges::sort(group_, before);
      return;
    }
    // Parameters are not moved: only those that lie one behind another are one matrix.
    std::sort(group_.begin(), group_.end(), [&](const Term& x, const Term& y) {
      return draft_.address(b_of(x)) < draft_.address(b_of(y));
    });
    const Index bytes =
        first.depth * first.n * static_cast<Index>(size_of(draft_.values[first_of(first.b)].dtype));
    std::size_t count = 1;
    while (!first.transpose_b && count < group_.size() &&
           draft_.assume_adjacent(b_of(group_[count - 1]), b_of(group_[count]), bytes)) {
      ++count;
    }
    terms_.insert(terms_.end(), group_.begin() + static_cast<std::ptrdiff_t>(count), group_.end());
    group_.resize(count);
  }

  /// Makes one product of the group, which gives `out`.
  void merge(Id out) {
    BlockProduct merged = draft_.products[group_[0].product];
    merged.depth = 0;
    merged.inner = static_cast<std::uint32_t>(group_.size());
    std::vector<Id> a;
    std::vector<Id> b;
    for (const Term& term : group_) {
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
  std::vector<Term> group_;
};

}  // namespace

void accumulate(Draft& draft) { Accumulation(draft).run(); }

}  // namespace unroll
