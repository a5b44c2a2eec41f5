#include "wordlm/commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "common/numbers.h"
#include "common/output.h"
#include "common/outputs.h"
#include "wordlm/given_texts.h"
#include "wordlm/presets.h"
#include "wordlm/report.h"
#include "wordlm/run_log.h"
#include "wordlm/streams.h"
#include "wordlm/trainer.h"

namespace wordlm {

using examples::say;

using examples::count_of;
using examples::grouped;
namespace {

std::int64_t count_unknown(const Ids& ids, const Vocabulary& vocabulary) {
  return std::count(ids.begin(), ids.end(), vocabulary.unknown());
}

/// How many words a text has, and how many of them the model does not know.
void print_counts(const Checkpoint& checkpoint, const std::vector<Ids>& text, std::int64_t words) {
  if (checkpoint.settings.text.reading == Reading::characters) {
    say("characters: {}, ends of lines included\n", grouped(words));
    return;
  }
  std::int64_t unknown = 0;
  for (const Ids& ids : text) unknown += count_unknown(ids, checkpoint.vocabulary);
  say("words: {}, ends of sentences included; {} unknown to the model ({:.1f} %)\n", grouped(words),
      grouped(unknown), 100.0 * static_cast<double>(unknown) / static_cast<double>(words));
}

/// Which epoch the weights are of.
void print_epoch(const Checkpoint& checkpoint) {
  const Progress& progress = checkpoint.progress;
  if (checkpoint.best.empty()) {
    say("model: after epoch {}\n", progress.epoch);
  } else {
    say("model: after epoch {}, the best of {}\n", progress.best_epoch, progress.epoch);
  }
}

/// The text that the training of a model held out.
Corpus held_out_corpus(const Checkpoint& checkpoint, const std::string& path) {
  Corpus corpus = read_corpus(checkpoint.settings);
  Sets sets = encode_sets(corpus, checkpoint.vocabulary, checkpoint.settings.text);
  keep_first(sets.train, checkpoint.settings.text);
  const std::string& trained = checkpoint.progress.data;
  if (!trained.empty() && fingerprint(sets.train) != trained) {
    unroll::fail<unroll::Error>("{}: {} no longer holds the text this model was trained on", path,
                                checkpoint.settings.text.data);
  }
  return corpus;
}

/// A text of the user's, or other built-in comments for a model of those.
Corpus corpus_to_measure(const Checkpoint& checkpoint, const EvalOptions& options) {
  Settings settings = checkpoint.settings;
  if (options.data.empty() && !settings.text.data.empty()) {
    unroll::fail<unroll::Error>(
        "{}: was trained on {}; --data names a text to measure on, --held-out is the part of that "
        "one it was not trained on",
        options.load, settings.text.data);
  }
  settings.text.column = options.text.column;
  settings.text.delimiter = options.text.delimiter;
  settings.text.skip_bad_rows = options.text.skip_bad_rows;
  settings.seed = checkpoint.settings.seed + 2;  // neither the training nor the test comments
  return read_evaluation(settings, options.data, options.text.format);
}

}  // namespace

void run_sample(const SampleOptions& options) {
  print_samples(load_best(options.load), options.count, options.seed, options.sampling);
}

void run_eval(const EvalOptions& options) {
  const Checkpoint checkpoint = load_best(options.load);
  const Corpus corpus = options.held_out ? held_out_corpus(checkpoint, options.load)
                                         : corpus_to_measure(checkpoint, options);
  const std::vector<Ids> text =
      encode_sets(corpus, checkpoint.vocabulary, checkpoint.settings.text).held_out;
  if (text.empty()) {
    unroll::fail<unroll::Error>("{}: its training held nothing out; --data names a text",
                                options.load);
  }
  const Evaluation evaluation = measure(checkpoint, text);
  print_epoch(checkpoint);
  say("{}\n", corpus.description);
  print_counts(checkpoint, text, evaluation.words);
  print_evaluation(evaluation, checkpoint.settings.text.reading);
  print_floor(corpus);
}

void run_score(const ScoreOptions& options) {
  const Checkpoint checkpoint = load_best(options.load);
  const std::vector<std::string> texts = given_texts(options.sentences, "score");

  // Tokenised like training text, but each argument stays one sentence, whatever it holds.
  std::vector<Ids> sentences;
  for (const std::string& text : texts) {
    sentences.push_back(checkpoint.vocabulary.encode(words_of(checkpoint.settings, text)));
  }
  const std::vector<double> scores = score(*checkpoint.model, sentences);

  std::vector<std::size_t> order(texts.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (options.rank) {
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
  }
  std::int64_t all_unknown = 0;
  say("{:>10}  {:>9}  {:>7}  sentence\n", "log p", "per word", "unknown");
  for (const std::size_t i : order) {
    const auto unknown = count_unknown(sentences[i], checkpoint.vocabulary);
    all_unknown += unknown;
    say("{:10.3f}  {:9.3f}  {:7}  {}\n", scores[i],
        scores[i] / static_cast<double>(sentences[i].size() - 1), unknown, texts[i]);
  }
  if (all_unknown > 0) {
    const std::int64_t seen = checkpoint.progress.unknown_words;
    say("note: words unknown to the model all count as {}, {}; sentences that differ in "
        "them cannot be compared\n",
        Vocabulary::kUnknown,
        seen > 0
            ? fmt::format("which stood for {} of its training text", count_of(seen, "rare word"))
            : "which its training text never held");
  }
}

void run_plot(const PlotOptions& options) {
  std::vector<examples::NamedFile> inputs;
  for (const std::string& log : options.logs) inputs.push_back({"a log", log});
  const examples::NamedFile output{"--output", options.output};
  examples::check_outputs(std::span(&output, 1), inputs);
  write_chart(chart_of(options.logs), options.output);
  say("curves: {}\n", options.output);
}

void run_info(const std::string& path) {
  const Checkpoint checkpoint = load_checkpoint(path);
  const auto& [text, model, training, seed] = checkpoint.settings;
  const Progress& progress = checkpoint.progress;
  say("{}: its checksums are right\n", path);
  print_model(checkpoint);
  say("text: {}{}{}\n", text.data.empty() ? "built-in comments" : text.data,
      text.format.empty() ? "" : fmt::format(", read as {}", text.format),
      text.column.empty() ? "" : fmt::format(", column '{}'", text.column));
  say("vocabulary: {} ids, of which {} have a word\n", grouped(checkpoint.model->words()),
      grouped(checkpoint.vocabulary.size()));
  say("trained: {} of {} epochs and {} batches, {} steps in all\n", progress.epoch, training.epochs,
      progress.batch, grouped(progress.step));
  if (progress.best_loss != 0) {
    say("loss: {:.6f} after the last epoch, {:.6f} after epoch {}, the best\n", progress.last_loss,
        progress.best_loss, progress.best_epoch);
  }
  say("options that are not the defaults: {}\n", fmt::join(options_of(checkpoint.settings), " "));
}

void run_presets() {
  for (const Preset& preset : all_presets()) {
    say("{}: {}\n  {}\n\n", preset.name, preset.source,
        fmt::join(options_of(preset.settings), " "));
  }
  say("Whatever is not named is as by default.\n");
}

}  // namespace wordlm
