#pragma once
/// The plans of one tape: made once for a structure, found again when it is recorded again.

#include <unroll/core/passes.h>
#include <unroll/core/plan/plan.h>
#include <unroll/core/run/arena.h>

#include <memory>
#include <string>
#include <vector>

namespace unroll {

class Planner {
 public:
  /// Runs the nodes of `schedule`, of which `targets` were asked for, by a plan. Afterwards nodes
  /// whose values the plan stores have them, perhaps with gaps between rows; an exception leaves
  /// them without. With `last` (see Request) it keeps less.
  void run(Graph& graph, std::span<const std::uint32_t> schedule,
           std::span<const std::uint32_t> targets, bool last, const Passes& passes, Arena& arena);

  void forget() { plans_.clear(); }
  void set_timing(bool on) { timing_ = on; }
  /// The plan that ran last.
  [[nodiscard]] std::string to_string() const;

 private:
  const Plan& plan_for(const Graph& graph, std::span<const std::uint32_t> schedule,
                       std::span<const std::uint32_t> targets, bool last, const Passes& passes);

  std::vector<std::uint32_t> nodes_;          // that run, then what they read
  std::vector<std::uint32_t> numbers_;        // memory of Request
  std::vector<std::unique_ptr<Plan>> plans_;  // the last used first
  bool timing_ = false;
  std::vector<double> milliseconds_;  // of the steps of the last run
};

}  // namespace unroll
