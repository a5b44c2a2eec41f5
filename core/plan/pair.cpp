/// Part of the pass that fuses. Sees two kernels with the same inputs of which one can give the
/// value of the other along with its own, as that of the gradient of a loss can give the loss.
/// Makes one of them.

#include <unroll/core/plan/make_plan.h>

#include <algorithm>
#include <map>
#include <set>

namespace unroll {
namespace {

/// Whether `from` is computed from `id`, which stands before it.
bool depends_on(const Request& request, Id from, Id id) {
  std::vector<std::uint8_t> seen(from - id, 0);
  std::vector<Id> stack{from};
  while (!stack.empty()) {
    const Id next = stack.back();
    stack.pop_back();
    for (const Id input : request.inputs_of(request.work[next])) {
      if (input == id) return true;
      if (input < id || input >= from || seen[input - id] != 0) continue;
      seen[input - id] = 1;
      stack.push_back(input);
    }
  }
  return false;
}

/// Whether the kernel of `id` can give the value of `other`.
bool can_give(const Draft& draft, Id id, Id other) {
  const auto& work = draft.request.work;
  const auto inputs = draft.inputs_of(id);
  const auto others = draft.inputs_of(other);
  return other < id && work[id].attributes == work[other].attributes &&
         others.size() <= inputs.size() &&
         std::equal(others.begin(), others.end(), inputs.begin()) &&
         !depends_on(draft.request, id, other);
}

}  // namespace

void pair(Draft& draft) {
  std::vector<Id> givers;
  std::set<const Op*> given;
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
  for (const Id id : givers) {
    const auto [begin, end] =
        by_input.equal_range({&draft.request.work[id].op->also(), draft.inputs_of(id)[0]});
    const auto found = std::find_if(
        begin, end, [&](const auto& other) { return can_give(draft, id, other.second); });
    if (found == end) continue;
    draft.values[found->second].role = Role::also;
    draft.set_inputs(found->second, {&id, 1});
    by_input.erase(found);
  }
}

}  // namespace unroll
