#pragma once
/// The models whose training steps are timed.

#include <unroll/unroll.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace bench {

using unroll::Index;

/// What one training step is made of; ids and initial states are data that do not change.
struct Workload {
  std::string name;
  std::string description;
  Index tokens;  // a step
  Index batch;   // the loss is a sum over the tokens divided by it
  /// Records the loss of a step on a tape.
  std::function<unroll::Var(unroll::Tape&)> loss;
  /// Clips and changes the parameters.
  std::function<void(unroll::Gradients&)> update;
  unroll::Parameters parameters;
  std::shared_ptr<void> model;  // what the functions refer to
};

/// The names of all workloads, as they are run.
[[nodiscard]] std::vector<std::string> workload_names();
/// The workload of that name, its parameters fresh; Error for an unknown one.
[[nodiscard]] Workload make_workload(const std::string& name);

}  // namespace bench
