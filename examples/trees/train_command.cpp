#include <fmt/format.h>

#include <algorithm>

#include "common/hold_out.h"
#include "common/numbers.h"
#include "common/output.h"
#include "trees/builtin_trees.h"
#include "trees/commands.h"
#include "trees/judge_file.h"
#include "trees/vectors.h"

namespace trees {

using examples::grouped;
using examples::say;
namespace {

constexpr std::int64_t kTested = 2000;  // built-in trees held out
constexpr std::int64_t kMostWords = 10000000;

using Split = examples::HeldOut<Tree>;

Split read(const DataSettings& data, std::uint64_t seed, std::size_t most_children) {
  if (data.data.empty()) return {builtin_trees(data.trees, seed), builtin_trees(kTested, seed + 1)};
  std::vector<Tree> all = read_trees(data.data, most_children);
  if (!data.test.empty()) return {std::move(all), read_trees(data.test, most_children)};
  return examples::hold_out_tenth(std::move(all), data.data, "trees");
}

/// Throws where something is wrong with the files that are read and written.
void check_files(const TrainOptions& options, const DataSettings& data) {
  using examples::NamedFile;
  const std::array inputs = {NamedFile{"--data", data.data}, NamedFile{"--test", data.test},
                             NamedFile{"--vectors", options.vectors}};
  options.training.check_files(inputs);
}

int check(const TrainOptions& options) {
  std::vector<Tree> few;
  for (const Tree& tree : builtin_trees(20, options.training.settings.seed)) {
    if (tree.size() >= 3 && tree.size() <= 9 && few.size() < 3) few.push_back(tree);
  }
  ModelSettings small = options.model;
  small.embedding = small.hidden = 3;
  const Judge judge(small, examples::WordIds(words_of(few), 1, kMostWords), unroll::DType::f64, 1);
  const Encoded encoded = judge.encode(few);
  const std::vector<std::size_t> all = {0, 1, 2};
  examples::check_gradients_of(judge.parameters, [&](unroll::Tape& tape) {
    return judge.loss(tape, encoded, all, nullptr);
  });
  return 0;
}

/// Puts the vectors that there are into the model; says how many.
void set_vectors(const Vectors& vectors, Judge& judge) {
  const unroll::Parameter& W = judge.model.E.W;
  unroll::Tensor values(W.value());
  const std::span<float> rows = values.values<float>();
  for (const auto& [id, vector] : vectors.of) {
    std::copy(vector.begin(), vector.end(),
              rows.begin() + static_cast<std::ptrdiff_t>(id) * vectors.size);
  }
  W.set(values);
  say("vectors of {} of {} words\n", grouped(std::ssize(vectors.of)),
      grouped(judge.words.size() - 1));
}

/// A file to go on with, or a new model.
struct Start {
  examples::TrainedModel file;
  Split trees;
  std::unique_ptr<Judge> judge;
  DataSettings data;
};

Start begin(const TrainOptions& options) {
  Start start;
  if (options.training.load.empty()) {
    start.data = {options.data, options.test, options.trees};
    check_files(options, start.data);
    start.file.settings = options.training.settings;
    const bool n_ary = options.model.cell == "n-ary";
    start.trees = read(start.data, start.file.settings.seed,
                       n_ary ? 2 : std::numeric_limits<std::size_t>::max());
    examples::WordIds words(words_of(start.trees.train), options.min_count, kMostWords);
    ModelSettings settings = options.model;
    std::optional<Vectors> vectors;
    if (!options.vectors.empty()) {
      vectors = read_vectors(options.vectors, words);
      settings.embedding = vectors->size;
    }
    start.judge = std::make_unique<Judge>(settings, std::move(words), unroll::DType::f32,
                                          start.file.settings.seed);
    if (vectors) set_vectors(*vectors, *start.judge);
  } else {
    start.file = examples::load_model(options.training.load, "trees");
    options.training.take_over(start.file.settings);
    start.data = data_of(start.file, options.training.load);
    examples::give_anew(options.data, start.data.data);
    examples::give_anew(options.test, start.data.test);
    check_files(options, start.data);
    start.judge = make_judge(start.file, options.training.load);
    start.trees = read(start.data, start.file.settings.seed, start.judge->most_children());
  }
  start.file.description = describe(*start.judge, start.data);
  return start;
}

}  // namespace

int run_train(const TrainOptions& options) {
  if (options.training.check) return check(options);
  Start start = begin(options);
  const Judge& judge = *start.judge;
  auto& [train, test] = start.trees;
  const bool built_in = start.data.data.empty();
  say("{}: {} to train on, {} held out\n", built_in ? "built-in trees" : start.data.data,
      grouped(std::ssize(train)), grouped(std::ssize(test)));
  say("model: {} Tree-LSTM of {}, {} words, {} labels: {} parameters\n", judge.settings.cell,
      judge.settings.hidden, grouped(judge.words.size()), judge.settings.binary ? 2 : kLabels,
      grouped(judge.parameters.size()));
  std::optional<double> best;
  if (built_in) {
    const double without_order = best_without_order(test, judge.settings.binary);
    best = judge.settings.cell == "n-ary" ? 1 : without_order;
    say("best possible: 100 %, for a judge without the order of children {:.1f} %\n",
        100 * without_order);
  }
  if (std::ranges::all_of(
          test, [&](const Tree& tree) { return judge.label_of(tree.back().label) == kNoLabel; })) {
    unroll::fail<unroll::Error>(
        "{}: all roots held out are neutral, which --binary leaves out; there is none to test with",
        start.data.test.empty() ? start.data.data : start.data.test);
  }
  TreeTask task(judge, judge.encode(std::move(train)), judge.encode(std::move(test)),
                start.file.settings, best);
  return examples::run_training(task, start.file, options.training);
}

}  // namespace trees
