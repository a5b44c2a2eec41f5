/// Sees products with the same left side, as the gates of a cell: W1 x, W2 x, ... Makes one wider
/// product where the right sides lie one behind another in memory, as the weights of one cell do.
/// They all wait for x alone, so they can run together.
///
/// The sums of the rows of a matrix, as the gradient of a bias, are its product with a column of
/// ones: they are joined to the gradient of the weight, which reads the same matrix. The sum then
/// waits for both sides of that product, so this is done only where nothing in the plan reads it.

#include <unroll/core/plan/neighbours.h>
#include <unroll/core/plan/passes.h>

#include <algorithm>
#include <tuple>

namespace unroll {
namespace {

/// A product that could be part of a wider one.
struct Candidate {
  Place a;
  Index m;
  Index depth;
  Located b;
  Id product;
  [[nodiscard]] auto key() const {
    return std::tuple(a.owner, a.offset, a.column, a.window, m, depth);
  }
};

class Joining {
 public:
  explicit Joining(Draft& draft) : draft_(draft) {}

  void join_gates() {
    std::vector<Candidate> order;
    for (Id i = 0; i < draft_.products.size(); ++i) {
      const BlockProduct& p = draft_.products[i];
      if (!can_join(p)) continue;
      order.push_back({draft_.values[first_of(p.a)].place, p.m, p.depth, matrix_of(p), i});
    }
    // Those of one left side come together, in the order in which they were recorded.
    std::ranges::stable_sort(order, {}, &Candidate::key);
    for (std::size_t i = 0; i < order.size();) {
      std::size_t end = i + 1;
      while (end < order.size() && order[end].key() == order[i].key()) ++end;
      join_neighbours(std::span(order).subspan(i, end - i));
      i = end;
    }
  }

  /// Joins those of one left side whose right sides, and biases, lie one behind another.
  void join_neighbours(std::span<const Candidate> side) {
    if (side.size() == 1) return;
    std::vector<Located> matrices;
    for (const Candidate& candidate : side) matrices.push_back(candidate.b);
    for (const std::vector<std::size_t>& run : runs_of_neighbours(matrices)) {
      joined_.clear();
      for (const std::size_t i : run) {
        if (!joined_.empty() && !biases_follow(joined_.back(), side[i])) merge_joined();
        joined_.push_back(side[i]);
      }
      merge_joined();
    }
  }

  void join_sums() {
    std::vector<Id> sums;
    std::vector<std::pair<std::vector<Id>, Id>> products;  // by what they read on the left
    for (Id i = 0; i < draft_.products.size(); ++i) {
      const BlockProduct& p = draft_.products[i];
      if (p.is_gone()) continue;
      if (p.ones) sums.push_back(i);
    }
    if (sums.empty()) return;
    for (Id i = 0; i < draft_.products.size(); ++i) {
      const BlockProduct& p = draft_.products[i];
      if (p.is_gone() || !p.transpose_a || p.rows != 1) continue;
      products.emplace_back(sorted(p.a), i);
    }
    std::ranges::stable_sort(products, {}, &std::pair<std::vector<Id>, Id>::first);
    const std::vector<std::uint32_t> uses = draft_.count_uses();
    for (const Id i : sums) {
      BlockProduct& sum = draft_.products[i];
      const std::vector<Id> terms = sorted(sum.b);
      const auto found =
          std::ranges::lower_bound(products, terms, {}, &std::pair<std::vector<Id>, Id>::first);
      if (found == products.end() || found->first != terms) continue;
      BlockProduct& product = draft_.products[found->second];
      if (!product.sums.empty()) continue;
      const Id out = first_of(sum.out);
      const bool read = uses[out] > (draft_.values[out].target ? 1U : 0U);
      if (read) {
        draft_.dropped.push_back({"join",
                                  "not computed with the product that reads the same values, "
                                  "because the plan itself reads it; asked for alone it would be",
                                  out});
        continue;
      }
      product.sums = sum.out;
      product.order = std::max(product.order, sum.order);
      draft_.set_product(out, found->second);
      draft_.remove_product(i);
    }
  }

 private:
  [[nodiscard]] Id first_of(List list) const { return draft_.ids(list)[0]; }

  static bool can_join(const BlockProduct& product) {
    return !product.is_gone() && !product.ones && !product.transpose_a && product.transpose_b &&
           product.inner == 1;
  }

  /// The right side of a product, where it is a parameter.
  [[nodiscard]] Located matrix_of(const BlockProduct& p) const {
    return {is_parameter(p.b) ? draft_.address(first_of(p.b)) : nullptr,
            bytes_of(p, p.n * p.depth)};
  }

  [[nodiscard]] bool is_parameter(List list) const {
    return draft_.values[first_of(list)].parameter;
  }

  /// Whether the bias of `q` lies behind that of `p`, or neither has one.
  [[nodiscard]] bool biases_follow(const Candidate& p, const Candidate& q) const {
    const BlockProduct& a = draft_.products[p.product];
    const BlockProduct& b = draft_.products[q.product];
    if (a.bias.empty() || b.bias.empty()) return a.bias.empty() && b.bias.empty();
    return is_parameter(a.bias) && is_parameter(b.bias) &&
           draft_.are_adjacent(first_of(a.bias), first_of(b.bias), bytes_of(a, a.n));
  }

  [[nodiscard]] Index bytes_of(const BlockProduct& product, Index elements) const {
    return elements * static_cast<Index>(size_of(draft_.values[first_of(product.b)].dtype));
  }

  void assume(const BlockProduct& a, const BlockProduct& b) {
    (void)draft_.assume_adjacent(first_of(a.b), first_of(b.b), bytes_of(a, a.n * a.depth));
    if (a.bias.empty()) return;
    (void)draft_.assume_adjacent(first_of(a.bias), first_of(b.bias), bytes_of(a, a.n));
  }

  void merge_joined() {
    const std::span<const Candidate> run = joined_;
    if (run.size() > 1) merge(run);
    joined_.clear();
  }

  void merge(std::span<const Candidate> run) {
    std::vector<Id> b;
    std::vector<Id> bias;
    std::vector<Id> out;
    Id order = 0;
    const Id first = run[0].product;
    for (std::size_t i = 1; i < run.size(); ++i) {
      assume(draft_.products[run[i - 1].product], draft_.products[run[i].product]);
    }
    for (const Candidate& candidate : run) {
      const BlockProduct& part = draft_.products[candidate.product];
      b.push_back(first_of(part.b));
      out.push_back(first_of(part.out));
      if (!part.bias.empty()) bias.push_back(first_of(part.bias));
      order = std::max(order, part.order);
      draft_.set_product(out.back(), first);
    }
    for (const Candidate& candidate : run.subspan(1)) draft_.remove_product(candidate.product);
    BlockProduct& merged = draft_.products[first];
    merged.columns = static_cast<std::uint32_t>(run.size());
    merged.order = order;
    merged.b = draft_.add_list(b);
    merged.bias = draft_.add_list(bias);
    merged.out = draft_.add_list(out);
  }

  [[nodiscard]] std::vector<Id> sorted(List list) const {
    const auto ids = draft_.ids(list);
    std::vector<Id> copy(ids.begin(), ids.end());
    std::ranges::sort(copy);
    return copy;
  }

  Draft& draft_;
  std::vector<Candidate> joined_;
};

}  // namespace

void join(Draft& draft) {
  Joining joining(draft);
  joining.join_gates();
  joining.join_sums();
}

}  // namespace unroll
