#include <fmt/format.h>

#include <algorithm>

#include "common/hold_out.h"
#include "common/numbers.h"
#include "common/output.h"
#include "sentiment/builtin_reviews.h"
#include "sentiment/commands.h"
#include "sentiment/judge_file.h"
#include "sentiment/task.h"

namespace sentiment {

using examples::grouped;
using examples::say;
namespace {

constexpr std::int64_t kTested = 2000;  // built-in reviews held out

/// Reviews to train on and to test with.
struct Split {
  Reviews train;
  Reviews test;
};

/// Holds every tenth review out, from the number `fold` on.
Split hold_out(Reviews all, int fold) {
  auto [train, test] = examples::hold_out_tenth(std::move(all.reviews), all.description, "texts",
                                                static_cast<std::size_t>(fold));
  return {{all.labels, std::move(train), all.description}, {all.labels, std::move(test), ""}};
}

Split read(const DataSettings& data, std::uint64_t seed, const std::vector<std::string>& labels) {
  if (data.paths.empty()) {
    Split split{builtin_reviews(data.reviews, seed), builtin_reviews(kTested, seed + 1)};
    split.train.description = fmt::format("built-in reviews: {}", grouped(data.reviews));
    return split;
  }
  const ReadOptions read{data.column, data.label};
  Reviews all = read_reviews(data.paths, read, "train", labels);
  if (data.test.empty()) return hold_out(std::move(all), data.fold);
  Split split{std::move(all), {}};
  split.test = read_reviews(data.test, read, "test", split.train.labels);
  return split;
}

examples::WordIds words_of(const Reviews& reviews, const TrainOptions& options) {
  std::vector<std::vector<std::string>> texts;
  for (const Review& review : reviews.reviews) texts.push_back(review.words);
  const std::int64_t least = options.data.empty() ? 1 : options.min_count;
  return {texts, least, options.vocabulary - 1};
}

/// Throws where something is wrong with the files that are read and written.
void check_files(const TrainOptions& options, const DataSettings& data) {
  using examples::NamedFile;
  const bool names_columns = !options.read.column.empty() || !options.read.label.empty();
  const bool has_table =
      std::ranges::any_of(data.paths, is_table) || std::ranges::any_of(data.test, is_table);
  if (names_columns && !has_table) {
    unroll::fail<unroll::Error>(
        "--column and --label name columns of a table; expected one (.csv, .tsv, .jsonl) as --data "
        "or --test");
  }
  std::vector<NamedFile> inputs;
  const auto add = [&](const std::vector<std::string>& paths, const char* option,
                       const char* folder, const char* part) {
    for (const std::string& path : paths) {
      inputs.push_back({option, path});
      for (const std::string& file : files_in(path, part)) inputs.push_back({folder, file});
    }
  };
  add(data.paths, "--data", "the folder --data", "train");
  add(data.test, "--test", "the folder --test", "test");
  options.training.check_files(inputs);
}

int check(const TrainOptions& options) {
  const Reviews reviews = builtin_reviews(4, options.training.settings.seed);
  ModelSettings small = options.model;
  small.embedding = 3;
  small.hidden = 4;
  const Judge judge(small, words_of(reviews, options), reviews.labels, unroll::DType::f64, 1);
  const Encoded encoded = encode(reviews, judge.words);
  const std::vector<std::size_t> all = {0, 1, 2, 3};
  examples::check_gradients_of(judge.parameters, [&](unroll::Tape& tape) {
    return judge.loss(tape, encoded, all, nullptr);
  });
  return 0;
}

/// A file to go on with, or a new model.
struct Start {
  examples::TrainedModel file;
  Split reviews;
  std::unique_ptr<Judge> judge;
  DataSettings data;
};

Start begin(const TrainOptions& options) {
  Start start;
  if (options.training.load.empty()) {
    start.data = {options.data,       options.test,    options.read.column,
                  options.read.label, options.reviews, options.fold};
    check_files(options, start.data);
    start.file.settings = options.training.settings;
    start.reviews = read(start.data, start.file.settings.seed, {});
    start.judge = std::make_unique<Judge>(options.model, words_of(start.reviews.train, options),
                                          start.reviews.train.labels, unroll::DType::f32,
                                          start.file.settings.seed);
  } else {
    start.file = examples::load_model(options.training.load, "sentiment");
    options.training.take_over(start.file.settings);
    start.data = data_of(start.file, options.training.load);
    examples::give_anew(options.data, start.data.paths);
    examples::give_anew(options.test, start.data.test);
    examples::give_anew(options.read.column, start.data.column);
    examples::give_anew(options.read.label, start.data.label);
    check_files(options, start.data);
    start.judge = make_judge(start.file, options.training.load);
    start.reviews = read(start.data, start.file.settings.seed, start.judge->labels);
  }
  start.file.description = describe(*start.judge, start.data);
  return start;
}

}  // namespace

int run_train(const TrainOptions& options) {
  if (options.training.check) return check(options);
  Start start = begin(options);
  const Judge& judge = *start.judge;
  const auto& [train, test] = start.reviews;
  say("{}; {} to train on, {} held out\n", train.description, grouped(std::ssize(train.reviews)),
      grouped(std::ssize(test.reviews)));
  say("model: {}LSTM of {}, {} pooling, {} words: {} parameters\n",
      judge.settings.both_ways ? "bidirectional " : "", judge.settings.hidden,
      judge.settings.pooling, grouped(judge.words.size()), grouped(judge.parameters.size()));
  const bool built_in = start.data.paths.empty();
  const auto best = built_in ? std::optional(best_accuracy()) : std::nullopt;
  SentimentTask task(judge, encode(train, judge.words), encode(test, judge.words),
                     start.file.settings, best);
  return examples::run_training(task, start.file, options.training);
}

}  // namespace sentiment
