/// Sees element-wise values, sums of them, and kernels that read the same. Lets neighbours of one
/// shape be computed in one sweep over tiles that stay in the first-level cache, where what nothing
/// else reads never reaches memory; lets that sweep add up sums over its rows, its columns, or over
/// all steps; and lets one kernel do the work of two, as that of the gradient of a loss gives the
/// loss.

#include <unroll/core/plan/passes.h>
#include <unroll/core/plan/reading.h>

#include <algorithm>
#include <map>

namespace unroll {
namespace {

constexpr Index kLittle = 4096;  // elements: not worth sharing among threads

/// Columns that are enough for threads to share a sweep by its columns.
constexpr Index kEnoughColumns = 4 * FusedStep::kColumns;

/// Whether a value is a sum that the sweep of its input can add up as well. Threads share such a
/// sweep by its sums or, where these are of all rows, by its columns: there are to be enough, or
/// little to do.
bool can_be_swept(const Draft& draft, Id id) {
  constexpr Index kEnough = 16;
  const Value& value = draft.values[id];
  if (value.role != Role::kernel || value.op->sum_axis == nullptr) return false;
  const Id input = draft.inputs_of(id)[0];
  const Value& of = draft.values[input];
  if (of.role != Role::elementwise) return false;
  const Shape& shape = draft.request.kind_of(input).shape;
  const int axis = value.op->sum_axis(draft.signature(id));
  if (of.rows * of.columns <= kLittle) return axis >= shape.rank() - 2 || shape.size(0, axis) == 1;
  if (axis < shape.rank() - 2) return shape.size(0, axis) == 1 && of.columns >= kEnoughColumns;
  return of.rows / reading_of_sum(draft, id).group >= kEnough;
}

/// Whether nothing but this sum reads what it adds up, which sweeps compute. Threads share such a
/// sweep by its columns: there are to be enough, or little to do.
bool can_sweeps_add_up(const Draft& draft, const BlockProduct& sum,
                       const std::vector<std::uint32_t>& uses) {
  if (!sum.ones || (sum.n < kEnoughColumns && sum.n * sum.depth > kLittle)) return false;
  return std::ranges::all_of(draft.ids(sum.b), [&](Id id) {
    return draft.values[id].role == Role::elementwise && uses[id] == 1;
  });
}

void settle_sums(Draft& draft) {
  // A sum that is part of no larger one needs no product.
  std::vector<Id> large;
  for (Id i = 0; i < draft.products.size(); ++i) {
    const BlockProduct& product = draft.products[i];
    if (!product.ones) continue;
    if (product.inner > 1) {
      large.push_back(i);
      continue;
    }
    draft.leave_to_kernel(draft.ids(product.out)[0]);
    draft.remove_product(i);
  }
  for (Id id = 0; id < draft.work(); ++id) {
    if (can_be_swept(draft, id)) draft.values[id].role = Role::sum;
  }
  if (large.empty()) return;
  const std::vector<std::uint32_t> uses = draft.count_uses();
  for (const Id i : large) {
    draft.products[i].swept = can_sweeps_add_up(draft, draft.products[i], uses);
  }
}

/// Whether the kernel of `id` can give the value of `other`: it reads the same inputs first.
bool can_give(const Draft& draft, Id id, Id other) {
  const auto inputs = draft.inputs_of(id);
  const auto others = draft.inputs_of(other);
  return draft.request.kind_of(id).attributes == draft.request.kind_of(other).attributes &&
         others.size() <= inputs.size() && std::equal(others.begin(), others.end(), inputs.begin());
}

/// Flags by node: whether it is computed from the value of one of some nodes.
std::vector<std::uint8_t> find_dependents(const Draft& draft, const std::vector<Id>& of) {
  std::vector<std::uint8_t> depends(draft.request.nodes.size(), 0);
  for (const Id id : of) depends[id] = 1;
  for (Id id = of.empty() ? draft.work() : of[0]; id < draft.work(); ++id) {
    for (const Id input : draft.request.inputs_of(id)) {
      depends[id] |= depends[input];
    }
  }
  return depends;
}

/// Lets kernels give second results.
void pair_kernels(Draft& draft) {
  std::vector<Id> givers;
  std::multimap<std::pair<const Op*, Id>, Id> by_input;  // all kernels' values, by first input
  for (Id id = 0; id < draft.work(); ++id) {
    if (draft.values[id].role == Role::kernel && draft.values[id].op->second != nullptr) {
      givers.push_back(id);
    }
  }
  if (givers.empty()) return;
  std::vector<Id> given;
  for (Id id = 0; id < draft.work(); ++id) {
    if (draft.values[id].role != Role::kernel) continue;
    const bool is_given = std::ranges::any_of(
        givers, [&](Id giver) { return draft.values[id].op == &draft.values[giver].op->second(); });
    if (!is_given) continue;
    given.push_back(id);
    by_input.emplace(std::pair(draft.values[id].op, draft.inputs_of(id)[0]), id);
  }
  const std::vector<std::uint8_t> dependents = find_dependents(draft, given);
  for (const Id id : givers) {
    const auto [begin, end] =
        by_input.equal_range({&draft.values[id].op->second(), draft.inputs_of(id)[0]});
    const auto found = std::find_if(
        begin, end, [&](const auto& other) { return can_give(draft, id, other.second); });
    if (found == end) continue;
    // A gradient that is weighted by losses waits for them: none can wait for it.
    const auto inputs = draft.request.inputs_of(id);
    const auto own = inputs.subspan(draft.inputs_of(found->second).size());
    if (std::ranges::any_of(own, [&](Id input) { return dependents[input] != 0; })) continue;
    draft.values[found->second].role = Role::second;
    draft.set_inputs(found->second, {&id, 1});
    by_input.erase(found);
  }
}

}  // namespace

void fuse(Draft& draft) {
  draft.shares_sweeps = true;
  settle_sums(draft);
  pair_kernels(draft);
}

}  // namespace unroll
