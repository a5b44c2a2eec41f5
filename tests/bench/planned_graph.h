#pragma once
/// What a tape has recorded, planned and run again and again, without the tape.

#include <unroll/core/plan/plan.h>
#include <unroll/core/run/arena.h>

#include <vector>

namespace bench {

/// A copy of a graph, whose values from outside stay where they are, and the plan for some of its
/// nodes. The parts of Tape::run and Planner::run are apart here, to be timed.
class PlannedGraph {
 public:
  PlannedGraph(unroll::Graph graph, std::vector<std::uint32_t> targets, int threads);

  /// Runs the plan; again as often as it is called.
  void run();

  /// Looks whether the plan is for what is asked of the graph, which has not run, and gives the
  /// nodes their values: all that running a plan that was made before takes, but its steps.
  [[nodiscard]] bool find();
  /// Takes the values from the nodes.
  void forget();

  /// Makes the plan anew.
  void make();

  /// How many nodes run.
  [[nodiscard]] unroll::Index nodes() const;

 private:
  unroll::Graph graph_;
  std::vector<std::uint32_t> targets_;
  int threads_;
  std::vector<std::uint8_t> marks_;
  std::vector<std::uint32_t> schedule_;
  std::vector<std::uint32_t> numbers_;
  std::vector<std::uint32_t> nodes_;
  unroll::Request request_;
  unroll::Plan plan_;
  unroll::Plan empty_;  // the plan without its steps
  unroll::Arena arena_;
};

}  // namespace bench
