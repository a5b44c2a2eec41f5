/// Sees a sum of matrix products, y = a1 b1 + a2 b2 + ... (+ more), as backpropagation through time
/// writes it: the gradient of a weight is a sum over the steps, that of a state a sum over the
/// gates that read it. Makes one product of them, the factors one after another along the inner
/// dimension.

#include <unroll/core/plan/make_plan.h>

#include <algorithm>

namespace unroll {
namespace {

class Accumulation {
 public:
  explicit Accumulation(Draft& draft) : draft_(draft), uses_(draft.count_uses()) {}

  void run() {
    // From the last node on, so that a sum of sums is seen as a whole.
    for (auto id = static_cast<Id>(draft_.request.work.size()); id-- > 0;) {
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

  /// What `id` is but for views of the same size that nobody else sees.
  [[nodiscard]] Id behind_views(Id id) const {
    while (draft_.values[id].role == Role::view && used_once(id)) {
      const Id from = draft_.inputs_of(id)[0];
      if (!same_size(draft_.values[from], draft_.values[id])) break;
      id = from;
    }
    return id;
  }

  void collect(Id sum, std::vector<Term>& products, std::vector<Id>& others) {
    for (const Id input : draft_.inputs_of(sum)) {
      const Id id = behind_views(input);
      const Value& value = draft_.values[id];
      if (used_once(id) && is_sum(id)) {
        absorbed_.push_back(id);
        collect(id, products, others);
      } else if (used_once(id) && value.role == Role::product && can_join(value.product)) {
        products.push_back({input, value.product});
      } else {
        others.push_back(input);
      }
    }
  }

  [[nodiscard]] bool can_join(Id index) const {
    const BlockProduct& product = draft_.products[index];
    const bool moves = product.ones || !draft_.values[product.a[0]].parameter;
    return product.inner() == 1 && product.bias.empty() && moves;
  }

  void visit(Id sum) {
    std::vector<Term> terms;
    std::vector<Id> rest;
    absorbed_.clear();
    collect(sum, terms, rest);
    if (terms.size() < 2) return;

    bool changed = false;
    while (!terms.empty()) {
      const std::vector<Term> group = take_group(terms);
      changed = changed || group.size() > 1;
      if (group.size() == 1) {
        rest.push_back(group[0].input);
      } else if (terms.empty() && rest.empty()) {
        merge(group, sum);
        for (const Id id : absorbed_) draft_.values[id].role = Role::gone;
        return;
      } else {
        rest.push_back(draft_.add_like(sum, Role::product));
        merge(group, rest.back());
      }
    }
    if (!changed) return;
    for (const Id id : absorbed_) draft_.values[id].role = Role::gone;
    draft_.set_inputs(sum, rest);
  }

  /// Takes the first term out of `terms` and whatever can be one product with it, in order.
  std::vector<Term> take_group(std::vector<Term>& terms) {
    const BlockProduct first = draft_.products[terms[0].product];
    const bool parameter = draft_.values[first.b[0]].parameter;
    std::vector<Term> group;
    std::erase_if(terms, [&](const Term& term) {
      const BlockProduct& product = draft_.products[term.product];
      const bool fits = product.ones == first.ones && product.transpose_a == first.transpose_a &&
                        product.transpose_b == first.transpose_b && product.m == first.m &&
                        product.n == first.n && (!parameter || product.k == first.k) &&
                        draft_.values[product.b[0]].parameter == parameter;
      if (fits) group.push_back(term);
      return fits;
    });
    const auto b_of = [&](const Term& term) { return draft_.products[term.product].b[0]; };
    if (!parameter) {
      std::sort(group.begin(), group.end(),
                [&](const Term& x, const Term& y) { return draft_.lies_before(b_of(x), b_of(y)); });
      return group;
    }
    // Parameters are not moved: only those that lie one behind another are one matrix.
    std::sort(group.begin(), group.end(), [&](const Term& x, const Term& y) {
      return draft_.address(b_of(x)) < draft_.address(b_of(y));
    });
    const Index bytes =
        first.k[0] * first.n * static_cast<Index>(size_of(draft_.values[first.b[0]].dtype));
    std::size_t count = 1;
    while (!first.transpose_b && count < group.size() &&
           draft_.assume_adjacent(b_of(group[count - 1]), b_of(group[count]), bytes)) {
      ++count;
    }
    terms.insert(terms.end(), group.begin() + static_cast<std::ptrdiff_t>(count), group.end());
    group.resize(count);
    return group;
  }

  void merge(const std::vector<Term>& group, Id out) {
    BlockProduct merged = draft_.products[group[0].product];
    merged.a.clear();
    merged.b.clear();
    merged.k.clear();
    merged.out = {out};
    for (const Term& term : group) {
      BlockProduct& part = draft_.products[term.product];
      merged.a.insert(merged.a.end(), part.a.begin(), part.a.end());
      merged.b.push_back(part.b[0]);
      merged.k.push_back(part.k[0]);
      merged.order = std::max(merged.order, part.order);
      draft_.values[part.out[0]].role = Role::gone;
      part = {};
    }
    Value& value = draft_.values[out];
    value.role = Role::product;
    value.product = static_cast<Id>(draft_.products.size());
    draft_.products.push_back(std::move(merged));
  }

  Draft& draft_;
  std::vector<std::uint32_t> uses_;
  std::vector<Id> absorbed_;
};

}  // namespace

void accumulate(Draft& draft) { Accumulation(draft).run(); }

}  // namespace unroll
