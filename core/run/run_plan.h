#pragma once
/// Runs a plan.

#include <unroll/core/graph.h>
#include <unroll/core/plan/plan.h>
#include <unroll/core/run/arena.h>

#include <functional>
#include <span>
#include <vector>

namespace unroll {

/// Whether what was assumed about addresses when the plan was made holds for these nodes.
[[nodiscard]] bool holds(const Plan& plan, const Graph& graph,
                         std::span<const std::uint32_t> nodes);

/// Called on the calling thread after each step, with the number of the step.
using AfterStep = std::function<void(std::size_t)>;

/// Runs `plan` for `nodes`, the nodes of a request equal to the plan's. Afterwards nodes whose
/// values are stored have them; an exception leaves them without. `milliseconds`, where given, is
/// filled with the time of every step. Other threads go on to the next step during `after_step`.
void run_plan(const Plan& plan, Graph& graph, std::span<const std::uint32_t> nodes, Arena& arena,
              std::vector<double>* milliseconds = nullptr, const AfterStep& after_step = {});

/// The same in memory of the caller's, of plan.bytes bytes. Returns how many threads ran it. Each
/// packs the columns it computes: where the matrices that the plan packs are in memory from a run
/// on `packed_by` threads, and the same still, a run on as many does not pack them again.
int run_plan(const Plan& plan, Graph& graph, std::span<const std::uint32_t> nodes,
             std::byte* memory, int packed_by, std::vector<double>* milliseconds = nullptr,
             const AfterStep& after_step = {});

}  // namespace unroll
