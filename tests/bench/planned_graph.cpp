#include "bench/planned_graph.h"

#include <unroll/core/plan/make_plan.h>
#include <unroll/core/plan/schedule.h>
#include <unroll/core/run/run_plan.h>

#include <utility>

namespace bench {

using namespace unroll;

PlannedGraph::PlannedGraph(Graph graph, std::vector<std::uint32_t> targets, int threads)
    : graph_(std::move(graph)), targets_(std::move(targets)), threads_(threads) {
  make_schedule(graph_, targets_, marks_, schedule_);
  request_.describe(graph_, schedule_, targets_, Request::Purpose::gradients, numbers_);
  make();
  empty_ = plan_;
  empty_.steps.clear();
}

void PlannedGraph::make() { plan_ = make_plan(graph_, request_, Passes{}, threads_); }

void PlannedGraph::run() {
  arena_.reset();
  run_plan(plan_, graph_, request_.nodes, arena_);
}

bool PlannedGraph::find() {
  make_schedule(graph_, targets_, marks_, schedule_);
  if (!plan_.request.is_for(graph_, schedule_, targets_, Request::Purpose::gradients, numbers_,
                            nodes_))
    return false;
  if (!holds(plan_, graph_, nodes_)) return false;
  run_plan(empty_, graph_, nodes_, arena_);
  return true;
}

void PlannedGraph::forget() {
  for (const Plan::Kept& kept : plan_.kept) {
    Node& node = graph_.nodes[request_.nodes[kept.node]];
    node.value = nullptr;
    node.stride = 0;
  }
  arena_.reset();
}

Index PlannedGraph::nodes() const { return static_cast<Index>(request_.work.size()); }

}  // namespace bench
