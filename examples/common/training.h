#pragma once
/// The training loop that the applications share: minibatches, a score on examples held out,
/// saving, and resuming a run that was stopped.

#include <unroll/unroll.h>

#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "common/saver.h"

namespace examples {

/// How well a model does.
struct Score {
  double value = 0;
  std::optional<double> best;  // that any model can reach on these examples, where it is known
};

/// A model and its examples, as the loop needs them. Random choices have to be functions of the
/// seed and of the number of the epoch or step: then a resumed run repeats those of an
/// uninterrupted one.
class Task {
 public:
  Task() = default;
  virtual ~Task() = default;
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;

  [[nodiscard]] virtual const unroll::Parameters& parameters() const = 0;
  /// Puts the examples to train on in the order of an epoch; how many minibatches they make.
  virtual std::int64_t begin_epoch(std::int64_t epoch) = 0;
  /// The mean loss of one of those minibatches.
  virtual unroll::Var loss(unroll::Tape& tape, std::int64_t batch, unroll::Noise& noise) = 0;
  /// How well the model does on the examples that were held out.
  virtual Score score() = 0;
  /// A score in words: "accuracy 91.2 %".
  [[nodiscard]] virtual std::string show(double score) const = 0;
  /// Whether larger scores are better.
  [[nodiscard]] virtual bool is_larger_better() const { return true; }
  /// A number that tells the examples to train on from others.
  [[nodiscard]] virtual std::uint64_t fingerprint() const = 0;
  /// The same of the examples that the score is of.
  [[nodiscard]] virtual std::uint64_t test_fingerprint() const = 0;
};

/// How to train.
struct TrainingSettings {
  std::int64_t epochs = 10;
  std::int64_t batch = 16;  // examples that share a step
  std::string optimizer = "adam";
  double learning_rate = 0.001;
  double weight_decay = 0;
  double clip = 5;            // the largest norm of a gradient, 0: any
  std::int64_t patience = 0;  // epochs without a better score before training stops, 0: any
  std::uint64_t seed = 1;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(TrainingSettings, epochs, batch, optimizer, learning_rate,
                                   weight_decay, clip, patience, seed)

/// Where a training stands.
struct TrainingProgress {
  std::int64_t epoch = 0;  // complete ones
  std::int64_t batch = 0;  // complete ones of the next epoch
  std::int64_t step = 0;   // complete ones in all
  double loss = 0;         // summed over the minibatches of the next epoch so far
  double best_score = 0;
  std::int64_t best_epoch = 0;   // after which it was reached; 0: none has been measured
  std::int64_t since_best = 0;   // epochs since
  std::uint64_t examples = 0;    // fingerprint
  std::uint64_t measured = 0;    // that of the examples `best_score` is of; 0: it is not known
  std::vector<double> losses{};  // of each epoch, while training
  std::vector<double> scores{};  // after each epoch
};

/// A model with its training, as a file holds it.
struct TrainedModel {
  nlohmann::json description;  // what the program needs to make the model again
  TrainingSettings settings;
  TrainingProgress progress;
  std::map<std::string, unroll::Tensor> parameters;
  std::map<std::string, unroll::Tensor> best;       // those of the best epoch
  std::map<std::string, unroll::Tensor> optimizer;  // its state

  /// Gives a model the parameters it was best with; unroll::IoError where they do not fit.
  void use_best(const unroll::Parameters& model, const std::string& path) const;
};

/// Writes and reads such a file, safetensors with JSON in its metadata. `program`: whose it is.
/// Reading throws unroll::IoError, naming the file, where it is no model of that program.
void save_model(const std::string& path, const std::string& program, const TrainedModel& model);
[[nodiscard]] TrainedModel load_model(const std::string& path, const std::string& program);

/// Returns f(), which makes a model from the description in the file `path`. Its exceptions become
/// unroll::IoError with the name of the file: the description is wrong then.
template <class F>
auto read_description(const std::string& path, const std::string& program, F&& f) {
  try {
    return f();
  } catch (const unroll::IoError&) {
    throw;
  } catch (const std::exception& error) {
    unroll::fail<unroll::IoError>("{}: not a model of {}: {}", path, program, error.what());
  }
}

/// Trains until the epochs of the settings are complete or their patience is at its end, from where
/// `model.progress` stands; prints loss and score after each epoch, and saves as often as `save`
/// says. In the end the task's parameters, and those of `model`, are the best. Returns false where
/// it was interrupted; throws unroll::Error where the loss is no longer a number.
bool train(Task& task, TrainedModel& model, const SaveOptions& save);

/// The curves of a training: its loss and its score after each epoch, as .svg or .png.
void draw_training(const Task& task, const TrainingProgress& progress, const std::string& path);

/// Holds the gradients of a loss with respect to all parameters, which have to be f64, against
/// finite differences and says what came of it. Throws unroll::Error where they differ.
void check_gradients_of(const unroll::Parameters& parameters,
                        const std::function<unroll::Var(unroll::Tape&)>& loss);

}  // namespace examples
