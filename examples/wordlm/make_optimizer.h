#pragma once
/// The optimizer that settings ask for.

#include <unroll/optim/optimizer.h>

#include <memory>

#include "wordlm/settings.h"

namespace wordlm {

/// The names `--optimizer` takes.
[[nodiscard]] std::vector<std::string> optimizer_names();

/// What an optimizer is used with where nothing else is said.
struct OwnSettings {
  double learning_rate;
  double weight_decay;
};
[[nodiscard]] OwnSettings own_settings(const std::string& optimizer);

/// unroll::Error for a name that is none.
[[nodiscard]] std::unique_ptr<unroll::Optimizer> make_optimizer(const TrainingSettings& settings);

}  // namespace wordlm
