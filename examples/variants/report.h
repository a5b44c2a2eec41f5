#pragma once
/// What is shown of results: the table, the chart, the numbers of the curves.

#include <string>
#include <vector>

#include "common/chart.h"
#include "variants/trainer.h"

namespace variants {

/// Best first: by the last loss measured; what diverged comes after what did not, and what failed
/// last.
void sort_results(std::vector<Result>& results);

/// One row a cell, in the order given, below the line that guessing gives.
[[nodiscard]] std::string table(const TaskEntry& entry, const Task& task, const Settings& settings,
                                const std::vector<Result>& results);

/// The loss on the test sequences over the steps, one curve a cell in the order given.
[[nodiscard]] examples::Chart learning_curves(const TaskEntry& entry, const Task& task,
                                              const Settings& settings,
                                              const std::vector<Result>& results);

/// The same numbers as text: "cell,step,loss,score", one line a measurement.
[[nodiscard]] std::string to_csv(const std::vector<Result>& results);

}  // namespace variants
