#include "variants/task.h"

#include <unroll/ops/loss.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace variants {

unroll::Var Task::loss(unroll::Var answers, const Batch& batch) const {
  return softmax_cross_entropy(answers, answers.tape().input(batch.y), unroll::Reduction::mean,
                               kIgnored);
}

std::span<const TaskEntry* const> all_tasks() {
  static constexpr std::array kTasks = {&kAdding, &kCopy, &kReber, &kParity, &kAnbn};
  return kTasks;
}

const TaskEntry& find_task(std::string_view name) {
  std::vector<std::string_view> names;
  for (const TaskEntry* task : all_tasks()) {
    if (task->name == name) return *task;
    names.push_back(task->name);
  }
  unroll::fail<unroll::Error>("no task '{}'; there are: {}", name, fmt::join(names, ", "));
}

Index best_symbol(const unroll::TensorView& logits, Index n) {
  const Index symbols = logits.shape[logits.shape.rank() - 1];
  Index best = 0;
  for (Index v = 1; v < symbols; ++v) {
    if (logits.at(n * symbols + v) > logits.at(n * symbols + best)) best = v;
  }
  return best;
}

}  // namespace variants
