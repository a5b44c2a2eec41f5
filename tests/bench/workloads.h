#pragma once
/// The models whose training steps are timed.

#include <unroll/unroll.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace bench {

using unroll::Index;

/// What one training step is made of; ids and initial states are data that do not change, unless
/// the description says that each step reads new ones.
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
  std::string unit = "tokens";  // what `tokens` counts
  /// The tokens of the step that was recorded last; empty where all steps have `tokens`.
  std::function<Index()> tokens_of_last = {};
  /// Only where nothing is trained, `loss` and `update` being empty: runs on a cleared tape and
  /// returns the sum of the values that it asked for.
  std::function<double(unroll::Tape&)> decode = {};
};

/// The sizes of a workload: those that are timed, or small ones with the same equations, for tests.
enum class Scale : std::uint8_t { full, small };

/// The names of all workloads, as they are run.
[[nodiscard]] std::vector<std::string> workload_names();
/// The workload of that name, its parameters fresh; Error for an unknown one.
[[nodiscard]] Workload make_workload(const std::string& name, Scale scale = Scale::full);

}  // namespace bench
