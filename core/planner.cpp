#include <unroll/core/plan/make_plan.h>
#include <unroll/core/planner.h>
#include <unroll/core/run/run_plan.h>
#include <unroll/core/run/threads.h>

#include <algorithm>
#include <functional>
#include <utility>

namespace unroll {
namespace {

std::size_t mix(std::size_t hash, std::size_t with) {
  hash = (hash ^ with) * 0x9e3779b97f4a7c15U;
  return hash ^ (hash >> 32);
}

/// A number that is the same for one structure each time it is recorded, and as a rule another one
/// for other structures: of the number of nodes, and of some of them.
std::size_t print_of(const Graph& graph, std::span<const std::uint32_t> schedule,
                     std::size_t targets) {
  constexpr std::size_t kSeen = 64;
  std::size_t hash = mix(schedule.size(), targets);
  for (std::size_t i = 0; i < std::min(kSeen, schedule.size()); ++i) {
    const std::uint32_t index = schedule[i * schedule.size() / kSeen % schedule.size()];
    const Node& node = graph.nodes[index];
    hash = mix(hash, std::hash<const Op*>()(node.op));
    hash = mix(hash, static_cast<std::size_t>(node.shape.size()));
    for (const std::uint32_t input : graph.inputs_of(node)) hash = mix(hash, index - input);
  }
  return hash;
}

}  // namespace

void Planner::run(Graph& graph, std::span<const std::uint32_t> schedule,
                  std::span<const std::uint32_t> targets, Request::Purpose purpose,
                  const Passes& passes, Arena& arena, const OnComputed& on_computed) {
  latest_ = &plan_for(graph, schedule, targets, purpose, passes);
  milliseconds_.clear();
  std::size_t next = 0;  // in the results of the plan
  std::vector<std::uint32_t> computed;
  const AfterStep after_step = [&](std::size_t i) {
    const Step& step = latest_->steps[i];
    computed.clear();
    for (std::uint32_t k = 0; k < step.results; ++k, ++next) {
      // Sweeps may add to a value in later steps.
      if (std::holds_alternative<ProductStep>(step.what))
        computed.push_back(nodes_[latest_->results[next]]);
    }
    on_computed(computed);
  };
  run_plan(*latest_, graph, nodes_, arena, timing_ ? &milliseconds_ : nullptr,
           on_computed ? after_step : AfterStep{});
}

const Plan& Planner::plan_for(const Graph& graph, std::span<const std::uint32_t> schedule,
                              std::span<const std::uint32_t> targets, Request::Purpose purpose,
                              const Passes& passes) {
  const std::size_t print = print_of(graph, schedule, targets.size());
  for (const Known& known : plans_) {
    if (known.print == print && known.plan->wanted_threads == threads() &&
        known.plan->request.is_for(graph, schedule, targets, purpose, numbers_, nodes_) &&
        holds(*known.plan, graph, nodes_)) {
      return *known.plan;
    }
  }
  Request request;
  request.describe(graph, schedule, targets, purpose, numbers_);
  nodes_ = request.nodes;
  auto plan = std::make_unique<Plan>(make_plan(graph, std::move(request), passes, threads()));
  const std::size_t bytes = memory_of(*plan);
  make_room(bytes);
  bytes_ += bytes;
  plans_.push_back({print, bytes, std::move(plan)});
  return *plans_.back().plan;
}

/// Forgets plans drawn at random until there is room for one more. Of structures that come in turn,
/// the plan not used for the longest time would be just the one that is needed next.
void Planner::make_room(std::size_t bytes) {
  while (!plans_.empty() && bytes_ + bytes > memory_) {
    drawn_ = drawn_ * 6364136223846793005U + 1442695040888963407U;
    const std::size_t drawn = (drawn_ >> 33) % plans_.size();
    bytes_ -= plans_[drawn].bytes;
    if (latest_ == plans_[drawn].plan.get()) latest_ = nullptr;
    std::swap(plans_[drawn], plans_.back());
    plans_.pop_back();
  }
}

void Planner::forget() {
  plans_.clear();
  latest_ = nullptr;
  bytes_ = 0;
}

void Planner::set_memory(std::size_t bytes) {
  memory_ = bytes;
  make_room(0);
}

std::string Planner::to_string() const {
  return latest_ == nullptr ? "" : unroll::to_string(*latest_, milliseconds_);
}

}  // namespace unroll
