#pragma once
/// A model in a file, with all it takes to go on training as if nothing had happened.

#include <unroll/core/safetensors.h>
#include <unroll/optim/optimizer.h>

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "wordlm/model.h"
#include "wordlm/settings.h"
#include "wordlm/vocabulary.h"

namespace wordlm {

/// Where a training stands.
struct Progress {
  std::int64_t epoch = 0;  // complete ones
  std::int64_t batch = 0;  // complete ones of the next epoch
  std::int64_t step = 0;   // complete ones in all: what dropout masks are a function of
  double learning_rate = 0;
  double last_loss = 0;         // of the last evaluation on this data, 0: none yet
  double best_loss = 0;         // the least of them, 0: none yet
  std::int64_t since_best = 0;  // epochs since
  std::int64_t best_epoch = 0;  // after which it was measured
  double running_loss = 0;      // summed over the words of the next epoch so far
  std::int64_t running_words = 0;
  double running_norms = 0;        // of the gradients of the next epoch so far, summed
  std::int64_t unknown_words = 0;  // words of the training text that stood for UNKNOWN_TOKEN
  std::string data;                // fingerprint of the training sentences
  std::string measured;            // of those that losses are measured on
};

/// A model, its words and its history.
struct Checkpoint {
  Settings settings;
  Vocabulary vocabulary;
  Progress progress;
  /// How often each id had to be predicted in the text that the model was made for; none with the
  /// full softmax, which does not depend on it.
  std::vector<std::int64_t> counts;
  std::shared_ptr<Model> model;
  std::shared_ptr<unroll::Optimizer> optimizer;
  /// The weights of the best epoch by their names, where the model has been trained since.
  std::map<std::string, unroll::Tensor> best;
  /// The state that the next piece of running text begins with, in the middle of an epoch.
  std::optional<unroll::Carried<Model::State>> state;
};

/// A new one: model and optimizer as the settings say, nothing trained. Its output layer may need
/// counts.
[[nodiscard]] Checkpoint new_checkpoint(const Settings& settings, Vocabulary vocabulary,
                                        std::int64_t words, std::vector<std::int64_t> counts = {});

/// Writes a safetensors file: the parameters as tensors, beside them the best ("best.…"), those the
/// optimizer remembers ("optimizer.…"), and the carried state ("state.…"); settings, vocabulary,
/// progress and counts as JSON in its metadata. Whole or not at all.
void save_checkpoint(const std::string& path, const Checkpoint& checkpoint);

/// Reads one, to go on training; unroll::IoError, naming the file, for anything that is not one.
[[nodiscard]] Checkpoint load_checkpoint(const std::string& path);

/// The same of a file that is read already; `path` stands for it in errors.
[[nodiscard]] Checkpoint checkpoint_of(const unroll::TensorFile& file, const std::string& path);

/// Throws unroll::IoError, naming the file, for settings of a text that no command can have
/// written.
void check_numbers(const TextSettings& text, const std::string& path);

/// Gives a model the weights it was best with.
void use_best(Checkpoint& checkpoint);
/// Reads a checkpoint and gives its model the weights it was best with: to use it, not to train it.
[[nodiscard]] Checkpoint load_best(const std::string& path);
[[nodiscard]] Checkpoint best_of(const unroll::TensorFile& file, const std::string& path);

}  // namespace wordlm
