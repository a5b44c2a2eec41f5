#include <unroll/core/plan/make_plan.h>
#include <unroll/core/plan/planner.h>
#include <unroll/core/run/run_plan.h>
#include <unroll/core/run/team.h>

#include <algorithm>

namespace unroll {

void Planner::run(Graph& graph, std::span<const std::uint32_t> schedule,
                  std::span<const std::uint32_t> targets, bool last, const Passes& passes,
                  Arena& arena) {
  const Plan& plan = plan_for(graph, schedule, targets, last, passes);
  milliseconds_.clear();
  run_plan(plan, graph, nodes_, arena, timing_ ? &milliseconds_ : nullptr);
}

const Plan& Planner::plan_for(const Graph& graph, std::span<const std::uint32_t> schedule,
                              std::span<const std::uint32_t> targets, bool last,
                              const Passes& passes) {
  constexpr std::size_t kMostPlans = 64;
  const auto found = std::find_if(plans_.begin(), plans_.end(), [&](const auto& plan) {
    return plan->wanted_threads == threads() &&
           plan->request.is_for(graph, schedule, targets, last, numbers_, nodes_) &&
           holds(*plan, graph, nodes_);
  });
  if (found != plans_.end()) {
    std::rotate(plans_.begin(), found, found + 1);
  } else {
    Request request;
    request.describe(graph, schedule, targets, last, numbers_);
    nodes_ = request.nodes;
    if (plans_.size() == kMostPlans) plans_.pop_back();
    plans_.insert(plans_.begin(),
                  std::make_unique<Plan>(make_plan(graph, std::move(request), passes, threads())));
  }
  return *plans_.front();
}

std::string Planner::to_string() const {
  return plans_.empty() ? "" : unroll::to_string(*plans_.front(), milliseconds_);
}

}  // namespace unroll
