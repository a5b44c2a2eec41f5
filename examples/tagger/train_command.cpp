#include <fmt/format.h>

#include "common/hold_out.h"
#include "common/numbers.h"
#include "common/output.h"
#include "tagger/builtin_sentences.h"
#include "tagger/commands.h"
#include "tagger/tagger_file.h"

namespace tagger {

using examples::grouped;
using examples::say;
namespace {

constexpr std::int64_t kTested = 2000;  // built-in sentences held out

/// Sentences to train on and to test with.
struct Split {
  Corpus train;
  Corpus test;
};

Split hold_out(Corpus all) {
  auto [train, test] =
      examples::hold_out_tenth(std::move(all.sentences), all.description, "sentences");
  return {{all.tags, std::move(train), all.description}, {all.tags, std::move(test), ""}};
}

/// `tags`: those of a model that goes on; none for a new one.
Split read(const DataSettings& data, std::uint64_t seed, const std::vector<std::string>& tags) {
  if (data.data.empty()) {
    return {builtin_sentences(data.sentences, seed), builtin_sentences(kTested, seed + 1)};
  }
  Corpus all = read_corpus(data.data, tags);
  if (data.test.empty()) return hold_out(std::move(all));
  Split split{std::move(all), {}};
  split.test = read_corpus(data.test, split.train.tags);
  return split;
}

Alphabet alphabet_of(const Corpus& corpus, const TrainOptions& options) {
  return Alphabet::of(corpus, options.data.empty() ? 1 : options.min_count, options.vocabulary - 1);
}

/// Throws where something is wrong with the files that are read and written.
void check_files(const TrainOptions& options, const DataSettings& data) {
  using examples::NamedFile;
  const std::array inputs = {NamedFile{"--data", data.data}, NamedFile{"--test", data.test}};
  options.training.check_files(inputs);
}

int check(const TrainOptions& options) {
  const Corpus corpus = builtin_sentences(3, options.training.settings.seed);
  ModelSettings small = options.model;
  small.embedding = small.hidden = 3;
  if (small.characters > 0) small.characters = 2;
  const Tagger tagger(small, alphabet_of(corpus, options), corpus.tags, unroll::DType::f64, 1);
  const std::vector<Encoded> encoded = tagger.encode(corpus);
  const std::vector<std::size_t> all = {0, 1, 2};
  examples::check_gradients_of(tagger.parameters, [&](unroll::Tape& tape) {
    return tagger.loss(tape, encoded, all, nullptr);
  });
  return 0;
}

/// A file to go on with, or a new model.
struct Start {
  examples::TrainedModel file;
  Split corpora;
  std::unique_ptr<Tagger> tagger;
  DataSettings data;
};

Start begin(const TrainOptions& options) {
  Start start;
  if (options.training.load.empty()) {
    start.data = {options.data, options.test, options.sentences};
    check_files(options, start.data);
    start.file.settings = options.training.settings;
    start.corpora = read(start.data, start.file.settings.seed, {});
    const Corpus& train = start.corpora.train;
    start.tagger = std::make_unique<Tagger>(options.model, alphabet_of(train, options), train.tags,
                                            unroll::DType::f32, start.file.settings.seed);
  } else {
    start.file = examples::load_model(options.training.load, "tagger");
    options.training.take_over(start.file.settings);
    start.data = data_of(start.file, options.training.load);
    examples::give_anew(options.data, start.data.data);
    examples::give_anew(options.test, start.data.test);
    check_files(options, start.data);
    start.tagger = make_tagger(start.file, options.training.load);
    start.corpora = read(start.data, start.file.settings.seed, start.tagger->tags);
  }
  start.file.description = describe(*start.tagger, start.data);
  return start;
}

}  // namespace

int run_train(const TrainOptions& options) {
  if (options.training.check) return check(options);
  Start start = begin(options);
  const Tagger& tagger = *start.tagger;
  const auto& [train, test] = start.corpora;
  say("{}; {} words to train on, {} held out\n", train.description, grouped(train.words()),
      grouped(test.words()));
  say("model: bidirectional LSTM of {} with CRF, {} words", tagger.settings.hidden,
      grouped(tagger.alphabet.words.size()));
  if (tagger.settings.characters > 0) {
    say(", {} characters", grouped(tagger.alphabet.characters.size()));
  }
  say(", {} tags: {} parameters\n", tagger.tags.size(), grouped(tagger.parameters.size()));
  say("the most frequent tag of each word: accuracy {:.1f} %\n",
      100 * most_frequent_tag_accuracy(train, test));
  const bool built_in = start.data.data.empty();
  const auto best = built_in ? std::optional(best_possible(test).accuracy) : std::nullopt;
  TagTask task(tagger, tagger.encode(train), tagger.encode(test), start.file.settings, best);
  return examples::run_training(task, start.file, options.training);
}

}  // namespace tagger
