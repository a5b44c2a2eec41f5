#include <fmt/format.h>

#include "common/hold_out.h"
#include "common/numbers.h"
#include "common/output.h"
#include "ctc/builtin_signals.h"
#include "ctc/commands.h"
#include "ctc/speller_file.h"
#include "ctc/task.h"

namespace ctc {

using examples::grouped;
using examples::say;
namespace {

constexpr std::int64_t kTested = 1000;  // built-in signals held out

/// Signals to train on and to test with.
struct Split {
  Signals train;
  Signals test;
};

Split hold_out(Signals all) {
  auto [train, test] = examples::hold_out_tenth(std::move(all.signals), all.description, "signals");
  return {{all.names, std::move(train), all.description}, {all.names, std::move(test), ""}};
}

/// `names`: the symbols of a model that goes on; none for a new one.
Split read(const DataSettings& data, std::uint64_t seed, const std::vector<std::string>& names) {
  if (data.data.empty()) {
    return {builtin_signals(data.signals, seed), builtin_signals(kTested, seed + 1)};
  }
  Signals all = read_signals(data.data, names);
  if (data.test.empty()) return hold_out(std::move(all));
  Split split{std::move(all), {}};
  split.test = read_signals(data.test, split.train.names);
  if (split.test.inputs() != split.train.inputs()) {
    unroll::fail<unroll::IoError>("{}: {} numbers a frame, those of --data have {}", data.test,
                                  split.test.inputs(), split.train.inputs());
  }
  return split;
}

/// Throws where something is wrong with the files that are read and written.
void check_files(const TrainOptions& options, const DataSettings& data) {
  using examples::NamedFile;
  const std::array inputs = {NamedFile{"--data", data.data}, NamedFile{"--test", data.test}};
  options.training.check_files(inputs);
}

int check(const TrainOptions& options) {
  Signals signals = builtin_signals(3, options.training.settings.seed);
  for (Signal& signal : signals.signals) {  // short ones: each parameter costs two runs
    signal.path.resize(8);
    signal.frames.resize(8);
    signal.labels = labels_of(signal.path);
  }
  const Speller speller({.hidden = 4}, normalization_of(signals), signals.names, unroll::DType::f64,
                        1);
  const std::vector<std::size_t> all = {0, 1, 2};
  examples::check_gradients_of(speller.parameters, [&](unroll::Tape& tape) {
    return speller.loss(tape, signals.signals, all);
  });
  return 0;
}

/// A file to go on with, or a new model.
struct Start {
  examples::TrainedModel file;
  Split signals;
  std::unique_ptr<Speller> speller;
  DataSettings data;
};

Start begin(const TrainOptions& options) {
  Start start;
  if (options.training.load.empty()) {
    start.data = {options.data, options.test, options.signals};
    check_files(options, start.data);
    start.file.settings = options.training.settings;
    start.signals = read(start.data, start.file.settings.seed, {});
    start.speller = std::make_unique<Speller>(options.model, normalization_of(start.signals.train),
                                              start.signals.train.names, unroll::DType::f32,
                                              start.file.settings.seed);
  } else {
    const std::string& path = options.training.load;
    start.file = examples::load_model(path, "ctc");
    options.training.take_over(start.file.settings);
    start.data = data_of(start.file, path);
    examples::give_anew(options.data, start.data.data);
    examples::give_anew(options.test, start.data.test);
    check_files(options, start.data);
    start.speller = make_speller(start.file, path);
    start.signals = read(start.data, start.file.settings.seed, start.speller->names);
    const std::int64_t expected = std::ssize(start.speller->normalization.mean);
    if (start.signals.train.inputs() != expected) {
      unroll::fail<unroll::IoError>("{}: {} numbers a frame; the model {} reads {}",
                                    start.data.data, start.signals.train.inputs(), path, expected);
    }
  }
  start.file.description = describe(*start.speller, start.data);
  return start;
}

/// The label error rate of the process that made the signals.
double viterbi_rate(const Signals& signals) {
  const Rows transitions = process_transitions();
  Errors errors;
  for (const Signal& signal : signals.signals) {
    errors.count(labels_of(best_path(process_likelihoods(signal), transitions)), signal.labels);
  }
  return errors.rate();
}

}  // namespace

int run_train(const TrainOptions& options) {
  if (options.training.check) return check(options);
  Start start = begin(options);
  const Speller& speller = *start.speller;
  auto& [train, test] = start.signals;
  say("{}; {} to train on, {} held out\n", train.description, grouped(std::ssize(train.signals)),
      grouped(std::ssize(test.signals)));
  say("model: bidirectional LSTM of {}, {} symbols and a blank: {} parameters\n",
      speller.settings.hidden, speller.names.size() - 1, grouped(speller.parameters.size()));
  const auto viterbi = start.data.data.empty() ? std::optional(viterbi_rate(test)) : std::nullopt;
  SpellTask task(speller, std::move(train), std::move(test), start.file.settings, viterbi);
  return examples::run_training(task, start.file, options.training);
}

}  // namespace ctc
