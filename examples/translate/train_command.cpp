#include <fmt/format.h>

#include <array>

#include "common/hold_out.h"
#include "common/numbers.h"
#include "common/output.h"
#include "translate/builtin_pairs.h"
#include "translate/commands.h"
#include "translate/translator_file.h"

namespace translate {

using examples::grouped;
using examples::say;
namespace {

constexpr std::int64_t kTested = 500;  // built-in pairs held out

/// Pairs to train on and to test with.
struct Split {
  Pairs train;
  Pairs test;
};

Split hold_out(Pairs all) {
  auto [train, test] = examples::hold_out_tenth(std::move(all.pairs), all.description, "pairs");
  return {{std::move(train), all.description}, {std::move(test), ""}};
}

Split read(const DataSettings& data, std::uint64_t seed) {
  if (data.paths.empty()) {
    Split split{builtin_pairs(data.pairs, seed, Part::train),
                builtin_pairs(kTested, seed, Part::test)};
    split.train.description = fmt::format("built-in pairs: {}", grouped(data.pairs));
    return split;
  }
  Pairs all = read_pairs(data.paths, data.longest);
  if (data.test.empty()) return hold_out(std::move(all));
  return {std::move(all), read_pairs(data.test)};
}

examples::WordIds words_of(const Pairs& pairs, std::vector<std::string> Pair::*side,
                           const TrainOptions& options) {
  std::vector<std::vector<std::string>> texts;
  for (const Pair& pair : pairs.pairs) texts.push_back(pair.*side);
  const std::int64_t least = options.data.empty() ? 1 : options.min_count;
  return {texts, least, options.vocabulary - 1};
}

std::unique_ptr<Translator> new_translator(const ModelSettings& model, const Pairs& pairs,
                                           const TrainOptions& options, unroll::DType dtype) {
  return std::make_unique<Translator>(model, words_of(pairs, &Pair::source, options),
                                      words_of(pairs, &Pair::target, options), dtype,
                                      options.training.settings.seed);
}

/// Throws where something is wrong with the files that are read and written.
void check_files(const TrainOptions& options, const DataSettings& data) {
  using examples::NamedFile;
  std::vector<NamedFile> inputs;
  for (const std::string& path : data.paths) inputs.push_back({"--data", path});
  for (const std::string& path : data.test) inputs.push_back({"--test", path});
  options.training.check_files(inputs);
}

int check(const TrainOptions& options) {
  const Pairs pairs = builtin_pairs(3, options.training.settings.seed, Part::train);
  ModelSettings small = options.model;
  small.embedding = 3;
  small.hidden = 4;
  TrainOptions built_in = options;
  built_in.data.clear();
  const auto translator = new_translator(small, pairs, built_in, unroll::DType::f64);
  const Encoded encoded = encode(pairs, *translator);
  const std::vector<std::size_t> all = {0, 1, 2};
  examples::check_gradients_of(translator->parameters, [&](unroll::Tape& tape) {
    return loss_of(*translator, tape, encoded, all, nullptr);
  });
  return 0;
}

/// A file to go on with, or a new model.
struct Start {
  examples::TrainedModel file;
  Split pairs;
  std::unique_ptr<Translator> translator;
  DataSettings data;
};

Start begin(const TrainOptions& options) {
  Start start;
  if (options.training.load.empty()) {
    start.data = {options.data, options.test, options.pairs, options.longest};
    check_files(options, start.data);
    start.file.settings = options.training.settings;
    start.pairs = read(start.data, start.file.settings.seed);
    start.translator =
        new_translator(options.model, start.pairs.train, options, unroll::DType::f32);
  } else {
    start.file = examples::load_model(options.training.load, "translate");
    options.training.take_over(start.file.settings);
    start.data = data_of(start.file, options.training.load);
    examples::give_anew(options.data, start.data.paths);
    examples::give_anew(options.test, start.data.test);
    check_files(options, start.data);
    start.translator = make_translator(start.file, options.training.load);
    start.pairs = read(start.data, start.file.settings.seed);
  }
  start.file.description = describe(*start.translator, start.data);
  return start;
}

/// A model in words: "gru of 64 units, 2 layers, attention additive".
std::string to_words(const ModelSettings& s) {
  std::string words = fmt::format("{} of {}", s.cell, s.hidden);
  if (s.layers > 1) words += fmt::format(", {} layers", s.layers);
  if (s.both_ways) words += ", encoder both ways";
  if (s.reverse) words += ", source reversed";
  if (!s.separates()) words += ", encoder and decoder of the same weights";
  if (s.attends()) return words + fmt::format(", {} attention", s.attention);
  return words + (s.feed_context ? ", context fed" : "");
}

}  // namespace

int run_train(const TrainOptions& options) {
  if (options.training.check) return check(options);
  Start start = begin(options);
  const Translator& translator = *start.translator;
  const auto& [train, test] = start.pairs;
  say("{}; {} to train on, {} held out\n", train.description, grouped(std::ssize(train.pairs)),
      grouped(std::ssize(test.pairs)));
  say("model: {}; {} words to {}: {} parameters\n", to_words(translator.settings),
      grouped(translator.source.size()), grouped(translator.target.size()),
      grouped(translator.parameters.size()));
  const bool built_in = start.data.paths.empty();
  TranslateTask task(translator, train, test, start.file.settings,
                     built_in ? Metric::accuracy : Metric::bleu);
  const int status = examples::run_training(task, start.file, options.training);
  for (std::size_t i = 0; status == 0 && i < std::min<std::size_t>(2, test.pairs.size()); ++i) {
    const Ids source = translator.source_ids(test.pairs[i].source);
    const auto found = search(translator, std::span(&source, 1), {});
    say("  {}\n  -> {}\n", sentence_of(test.pairs[i].source),
        sentences_of({found.front().front().words}, translator).front());
  }
  return status;
}

}  // namespace translate
