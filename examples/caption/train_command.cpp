#include <fmt/format.h>

#include "caption/builtin_scenes.h"
#include "caption/captioner_file.h"
#include "caption/commands.h"
#include "caption/task.h"
#include "common/hold_out.h"
#include "common/numbers.h"
#include "common/output.h"

namespace caption {

using examples::grouped;
using examples::say;
namespace {

constexpr std::int64_t kTested = 2000;  // built-in scenes held out

/// Scenes to train on and to test with.
struct Split {
  Examples train;
  Examples test;
};

Split hold_out(Examples all) {
  auto [train, test] = examples::hold_out_tenth(std::move(all.examples), all.description, "scenes");
  return {{std::move(train), all.description}, {std::move(test), ""}};
}

Split read(const DataSettings& data, std::uint64_t seed) {
  if (data.data.empty()) {
    return {builtin_examples(data.scenes, seed), builtin_examples(kTested, seed + 1)};
  }
  if (data.test.empty()) return hold_out(read_examples(data.data));
  Split split{read_examples(data.data), read_examples(data.test)};
  if (split.test.scene_size() != split.train.scene_size()) {
    unroll::fail<unroll::IoError>("{}: scenes of {} numbers, those of --data have {}", data.test,
                                  split.test.scene_size(), split.train.scene_size());
  }
  return split;
}

examples::WordIds words_of(const Examples& all, const TrainOptions& options) {
  std::vector<Words> captions;
  for (const Example& example : all.examples) captions.push_back(example.caption);
  const std::int64_t least = options.data.empty() ? 1 : options.min_count;
  return {captions, least, options.vocabulary - 1};
}

/// Throws where something is wrong with the files that are read and written.
void check_files(const TrainOptions& options, const DataSettings& data) {
  using examples::NamedFile;
  const std::array inputs = {NamedFile{"--data", data.data}, NamedFile{"--test", data.test}};
  options.training.check_files(inputs);
}

int check(const TrainOptions& options) {
  const Examples some = builtin_examples(3, options.training.settings.seed);
  const Captioner captioner({3, 4, options.condition == "every"}, some.scene_size(),
                            words_of(some, options), unroll::DType::f64, 1);
  const Encoded encoded = captioner.encode(some);
  const std::vector<std::size_t> all = {0, 1, 2};
  examples::check_gradients_of(
      captioner.parameters, [&](unroll::Tape& tape) { return captioner.loss(tape, encoded, all); });
  return 0;
}

/// A file to go on with, or a new model.
struct Start {
  examples::TrainedModel file;
  Split scenes;
  std::unique_ptr<Captioner> captioner;
  DataSettings data;
};

Start begin(const TrainOptions& options) {
  Start start;
  if (options.training.load.empty()) {
    start.data = {options.data, options.test, options.scenes};
    check_files(options, start.data);
    start.file.settings = options.training.settings;
    start.scenes = read(start.data, start.file.settings.seed);
    ModelSettings settings = options.model;
    settings.every = options.condition == "every";
    start.captioner = std::make_unique<Captioner>(settings, start.scenes.train.scene_size(),
                                                  words_of(start.scenes.train, options),
                                                  unroll::DType::f32, start.file.settings.seed);
  } else {
    const std::string& path = options.training.load;
    start.file = examples::load_model(path, "caption");
    options.training.take_over(start.file.settings);
    start.data = data_of(start.file, path);
    examples::give_anew(options.data, start.data.data);
    examples::give_anew(options.test, start.data.test);
    check_files(options, start.data);
    start.captioner = make_captioner(start.file, path);
    start.scenes = read(start.data, start.file.settings.seed);
    if (start.scenes.train.scene_size() != start.captioner->scene_size) {
      unroll::fail<unroll::IoError>("{}: scenes of {} numbers; the model {} reads {}",
                                    start.data.data, start.scenes.train.scene_size(), path,
                                    start.captioner->scene_size);
    }
  }
  start.file.description = describe(*start.captioner, start.data);
  return start;
}

}  // namespace

int run_train(const TrainOptions& options) {
  if (options.training.check) return check(options);
  Start start = begin(options);
  const Captioner& captioner = *start.captioner;
  const auto& [train, test] = start.scenes;
  say("{}; {} to train on, {} held out\n", train.description, grouped(std::ssize(train.examples)),
      grouped(std::ssize(test.examples)));
  say("model: LSTM of {}, the scene is read {}, {} words: {} parameters\n",
      captioner.settings.hidden,
      captioner.settings.every ? "with every word" : "before the first word",
      grouped(captioner.words.size()), grouped(captioner.parameters.size()));
  const auto best = start.data.data.empty() ? std::optional(best_loss()) : std::nullopt;
  CaptionTask task(captioner, captioner.encode(train), captioner.encode(test), start.file.settings,
                   best);
  return examples::run_training(task, start.file, options.training);
}

}  // namespace caption
