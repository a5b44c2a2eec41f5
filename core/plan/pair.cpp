/// Part of the pass that fuses. Sees two kernels with the same inputs of which one can give the
/// value of the other along with its own, as that of the gradient of a loss can give the loss.
/// Makes one of them.

#include <unroll/core/plan/make_plan.h>

#include <algorithm>
#include <map>
#include <set>

namespace unroll {
namespace {

using Ops = std::set<const Op*>;

/// Flags by node: whether it is computed from the value of one of some operations.
std::vector<std::uint8_t> find_dependents(const Request& request, const Ops& ops) {
  std::vector<std::uint8_t> depends(request.nodes.size(), 0);
  for (Id id = 0; id < request.work.size(); ++id) {
    const Request::Work& work = request.work[id];
    const auto inputs = request.inputs_of(work);
    const bool any =
        std::any_of(inputs.begin(), inputs.end(), [&](Id input) { return depends[input] != 0; });
    depends[id] = static_cast<std::uint8_t>(any || ops.contains(work.op));
  }
  return depends;
}

/// Whether the kernel of `id` computes what `other` is, from the same inputs and no others.
bool computes(const Draft& draft, Id id, Id other) {
  const auto& work = draft.request.work;
  const auto inputs = draft.inputs_of(id);
  const auto others = draft.inputs_of(other);
  return work[id].attributes == work[other].attributes && others.size() <= inputs.size() &&
         std::equal(others.begin(), others.end(), inputs.begin());
}

}  // namespace

void pair(Draft& draft) {
  std::vector<Id> givers;
  Ops given;
  const auto for_each_kernel = [&](auto f) {
    for (Id id = 0; id < draft.request.work.size(); ++id) {
      if (draft.values[id].role == Role::kernel) f(id, *draft.request.work[id].op);
    }
  };
  for_each_kernel([&](Id id, const Op& op) {
    if (op.also == nullptr) return;
    givers.push_back(id);
    given.insert(&op.also());
  });
  if (givers.empty()) return;
  std::multimap<std::pair<const Op*, Id>, Id> by_input;  // what can be given, by its first input
  for_each_kernel([&](Id id, const Op& op) {
    if (given.contains(&op)) by_input.emplace(std::pair(&op, draft.inputs_of(id)[0]), id);
  });
  const std::vector<std::uint8_t> dependents = find_dependents(draft.request, given);
  for (const Id id : givers) {
    const Op& op = draft.request.work[id].op->also();
    const auto [begin, end] = by_input.equal_range({&op, draft.inputs_of(id)[0]});
    const auto found = std::find_if(
        begin, end, [&](const auto& other) { return computes(draft, id, other.second); });
    if (found == end) continue;
    // A gradient that is weighted by losses waits for them: none can wait for it.
    const auto inputs = draft.request.inputs_of(draft.request.work[id]);
    const auto own = inputs.subspan(draft.inputs_of(found->second).size());
    if (std::any_of(own.begin(), own.end(), [&](Id input) { return dependents[input] != 0; })) {
      continue;
    }
    draft.values[found->second].role = Role::also;
    draft.set_inputs(found->second, {&id, 1});
    by_input.erase(found);
  }
}

}  // namespace unroll
