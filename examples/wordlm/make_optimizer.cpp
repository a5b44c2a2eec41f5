#include "wordlm/make_optimizer.h"

#include <unroll/optim/optimizers.h>

namespace wordlm {

std::vector<std::string> optimizer_names() {
  std::vector<std::string> names;
  for (const unroll::OptimizerEntry& entry : unroll::all_optimizers()) {
    names.emplace_back(entry.name);
  }
  return names;
}

OwnSettings own_settings(const std::string& optimizer) {
  const unroll::OptimizerEntry& entry = unroll::find_optimizer(optimizer);
  return {entry.learning_rate, entry.weight_decay};
}

std::unique_ptr<unroll::Optimizer> make_optimizer(const TrainingSettings& settings) {
  return unroll::find_optimizer(settings.optimizer)
      .make(settings.learning_rate, settings.weight_decay);
}

}  // namespace wordlm
