#pragma once
/// What bench_plan measures: the points that a planner without cliffs has to reach.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

struct PointOptions {
  bool quick = false;  // smaller and fewer, to see that all works
  int rounds = 3;      // each side of a ratio is measured that often, by turns
  std::string python;  // the Python that has PyTorch; empty: PyTorch is not asked
};

/// One line of the report.
struct Finding {
  std::string what;
  std::string figure;
  std::string target;
  std::optional<bool> reached;  // nothing where this run cannot tell
};

using Findings = std::vector<Finding>;

struct Point {
  int number;
  std::string_view name;
  Findings (*measure)(const PointOptions&);
};

// Structures and what a plan costs: plan_structures.cpp
Findings nothing_given_up(const PointOptions& options);
Findings linear_planning(const PointOptions& options);
Findings memory_of_plans(const PointOptions& options);
Findings growing_tape(const PointOptions& options);
// Training steps that are timed, some beside PyTorch: plan_speeds.cpp
Findings new_structures(const PointOptions& options);
Findings attention(const PointOptions& options);
Findings parameters_only(const PointOptions& options);
Findings other_shapes(const PointOptions& options);
// Inference, and whether results are the same: plan_results.cpp
Findings inference(const PointOptions& options);
Findings same_results(const PointOptions& options);

// What they share: plan_measure.cpp

/// The seconds that `work` takes.
template <class Work>
double seconds_of(Work&& work) {
  const auto begun = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
}
/// The median; of an even number, the larger of the two in the middle.
[[nodiscard]] double median(std::vector<double> values);
/// Memory of this process in MB: now, and the most it has had.
[[nodiscard]] double resident_mb();
[[nodiscard]] double peak_mb();
/// The number of steps in the text of a plan.
[[nodiscard]] long steps_of_plan(const std::string& plan);

}  // namespace bench
