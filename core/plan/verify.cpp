/// What holds between the parts of a draft, whatever passes have run.

#include <unroll/core/plan/draft.h>

namespace unroll {

void Draft::verify() const {
  const auto count = values.size();
  for (Id id = 0; id < count; ++id) {
    const Value& value = values[id];
    UNROLL_CHECK(value.place.owner < count);
    if (value.role == Role::gone) continue;
    const Id owner = value.place.owner;
    UNROLL_CHECK(values[owner].place.owner == owner);
    for (const Id input : inputs_of(id)) UNROLL_CHECK(input < count);
    const bool is_of_product = value.role == Role::product;
    UNROLL_CHECK(is_of_product == (value.product != kNone));
    if (is_of_product) {
      bool found = false;
      for_each_result(products[value.product], [&](Id result) { found = found || result == id; });
      UNROLL_CHECK(found);
    }
    // Only views and what is joined lie in the memory of others.
    const bool lies_elsewhere = value.role == Role::view || value.role == Role::joined;
    UNROLL_CHECK(lies_elsewhere || value.place == Place{id});
    if (value.role == Role::view && values[owner].role == Role::gone) UNROLL_CHECK(!value.target);
  }
  for (Id index = 0; index < products.size(); ++index) {
    const BlockProduct& p = products[index];
    if (p.is_gone()) continue;
    UNROLL_CHECK(p.a.count == (p.ones ? 0 : p.rows * p.inner));
    UNROLL_CHECK(p.b.count == p.inner * p.columns);
    UNROLL_CHECK(p.bias.empty() || p.bias.count == p.columns);
    UNROLL_CHECK(p.out.count == p.rows * p.columns);
    UNROLL_CHECK(p.sums.empty() || (p.sums.count == p.rows && p.transpose_a));
    Index depth = 0;
    for (std::size_t q = 0; q < p.inner; ++q) depth += inner_size(p, q);
    UNROLL_CHECK(depth == p.depth);
    for (const Id id : ids(p.out)) {
      UNROLL_CHECK(values[id].product == index);
      UNROLL_CHECK(values[id].rows * values[id].columns == p.m * p.n);
    }
  }
}

}  // namespace unroll
