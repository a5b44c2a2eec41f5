#pragma once
/// The plans of one tape: made once for a structure, found again when it is recorded again, and
/// run.

#include <unroll/core/passes.h>
#include <unroll/core/plan/plan.h>
#include <unroll/core/run/arena.h>

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace unroll {

/// Called after each step of a plan with nodes whose values this step has completed: those that
/// products compute, perhaps none.
using OnComputed = std::function<void(std::span<const std::uint32_t>)>;

class Planner {
 public:
  /// Runs the nodes of `schedule`, of which `targets` were asked for, by a plan. Afterwards nodes
  /// whose values the plan stores have them, perhaps with gaps between rows; an exception leaves
  /// them without. How many are stored depends on the purpose.
  void run(Graph& graph, std::span<const std::uint32_t> schedule,
           std::span<const std::uint32_t> targets, Request::Purpose purpose, const Passes& passes,
           Arena& arena, const OnComputed& on_computed = {});

  void forget();
  /// Plans are kept as long as they take no more memory than this together, in bytes; the one that
  /// ran last is kept in any case.
  void set_memory(std::size_t bytes);
  void set_timing(bool on) { timing_ = on; }
  /// The plan that ran last; null where it was forgotten.
  [[nodiscard]] const Plan* latest() const { return latest_; }
  /// The nodes of the tape it ran on, by their numbers in the plan; and the milliseconds that each
  /// of its steps took, none where it was not timed.
  [[nodiscard]] std::span<const std::uint32_t> nodes() const { return nodes_; }
  [[nodiscard]] std::span<const double> milliseconds() const { return milliseconds_; }
  [[nodiscard]] bool timing() const { return timing_; }
  /// The plan that ran last, as text.
  [[nodiscard]] std::string to_string() const;
  /// The memory that plans take, in bytes.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  struct Known {
    std::size_t print;  // of its structure
    std::size_t bytes;
    std::unique_ptr<Plan> plan;
  };
  const Plan& plan_for(const Graph& graph, std::span<const std::uint32_t> schedule,
                       std::span<const std::uint32_t> targets, Request::Purpose purpose,
                       const Passes& passes);
  void make_room(std::size_t bytes);

  static constexpr std::size_t kMemory = std::size_t{512} << 20;

  std::vector<std::uint32_t> nodes_;    // that run, then what they read
  std::vector<std::uint32_t> numbers_;  // memory of Request
  std::vector<Known> plans_;
  const Plan* latest_ = nullptr;  // the one that ran last
  std::size_t memory_ = kMemory;
  std::size_t bytes_ = 0;
  std::uint64_t drawn_ = 0;  // random numbers, of which plans to forget
  bool timing_ = false;
  std::vector<double> milliseconds_;  // of the steps of the last run
};

}  // namespace unroll
