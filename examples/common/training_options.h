#pragma once
/// Options of training that programs share.

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "common/outputs.h"
#include "common/training.h"

namespace examples {

using Options = std::vector<CLI::Option*>;

/// One of some names; the message of CLI's own check lists them in braces.
[[nodiscard]] CLI::Validator one_of(const char* thing, std::vector<std::string> names);

/// Adds --save, --save-every and --keep.
Options add_save_options(CLI::App& app, SaveOptions& save);

/// What a user says of a training.
struct TrainingOptions {
  TrainingSettings settings;
  SaveOptions save;
  std::string load;    // a model to go on with
  std::string plot;    // where to draw the curves
  bool check = false;  // hold the gradients of a small model against finite differences, no more

  std::optional<std::int64_t> epochs;  // with `load`: given anew
  std::optional<double> learning_rate;

  /// Throws an exception that says what is wrong with the files of a training: an output that
  /// cannot be written, or that is an input or another output; an input of a model gone on with
  /// that is not there, or that no model can remember; --test without --data. `inputs`: those given
  /// and those that the model remembers.
  void check_files(std::span<const NamedFile> inputs) const;
  /// The settings of a model that is gone on with, changed where the user says so.
  void take_over(TrainingSettings& loaded) const;
};

/// Files of examples that are given take the place of those that a model remembers.
template <class Paths>
void give_anew(const Paths& given, Paths& remembered) {
  if (!given.empty()) remembered = given;
}

/// Adds the options of a training, with the settings that are there as defaults. `fixed`: options
/// of the program that cannot be given with --load, as most of these. An optimizer without a
/// learning rate brings its own.
void add_training_options(CLI::App& app, TrainingOptions& options, const Options& fixed);

/// Trains, says which epoch was the best, and draws the curves. Returns the exit status of the
/// program: 0, or 130 where it was interrupted.
int run_training(Task& task, TrainedModel& model, const TrainingOptions& options);

}  // namespace examples
