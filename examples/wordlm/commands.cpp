#include "wordlm/commands.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "common/chart_file.h"
#include "common/numbers.h"
#include "common/output.h"
#include "common/outputs.h"
#include "wordlm/input.h"
#include "wordlm/presets.h"
#include "wordlm/report.h"
#include "wordlm/run_log.h"
#include "wordlm/streams.h"
#include "wordlm/text_format.h"
#include "wordlm/trainer.h"

namespace wordlm {

using examples::say;

using examples::count_of;
using examples::grouped;
namespace {

/// How many words a text has, and how many of them the model does not know.
void print_counts(const Checkpoint& checkpoint, const std::vector<Ids>& text, std::int64_t words) {
  const Vocabulary& vocabulary = checkpoint.vocabulary;
  if (vocabulary.unknown() == Vocabulary::kNone) {
    say("{}s: {}, ends of {} included\n", unit_of(vocabulary.units().tokens), grouped(words),
        vocabulary.units().running ? "lines" : "sentences");
    return;
  }
  std::int64_t unknown = 0;
  for (const Ids& ids : text) unknown += std::ranges::count(ids, vocabulary.unknown());
  say("{}s: {}, ends of sentences included; {} unknown to the model ({:.1f} %)\n",
      unit_of(vocabulary.units().tokens), grouped(words), grouped(unknown),
      100.0 * static_cast<double>(unknown) / static_cast<double>(words));
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

/// The text that the training of a model held out, in its ids.
Corpus held_out_corpus(const Checkpoint& checkpoint, const std::string& path) {
  const TextSettings& text = checkpoint.settings.text;
  if (std::ranges::count(text.data, kStandardInput) > 0) {
    unroll::fail<unroll::Error>(
        "{}: was trained on standard input, of which nothing is left to measure on", path);
  }
  Corpus corpus = read_corpus(text, checkpoint.settings.seed);
  encode(corpus, checkpoint.vocabulary);
  keep_first(corpus.train, text);
  const std::string& trained = checkpoint.progress.data;
  if (!trained.empty() && fingerprint(corpus.train) != trained) {
    unroll::fail<unroll::Error>("{}: {} no longer holds the text this model was trained on", path,
                                fmt::join(text.data, ", "));
  }
  return corpus;
}

/// A text of the user's, or other built-in comments for a model of those, in its ids.
Corpus corpus_to_measure(const Checkpoint& checkpoint, const EvalOptions& options) {
  TextSettings text = checkpoint.settings.text;
  if (options.data.empty() && !text.data.empty()) {
    unroll::fail<unroll::Error>(
        "{}: was trained on {}; --data names a text to measure on, --held-out is the part of that "
        "one it was not trained on",
        options.load, fmt::join(text.data, ", "));
  }
  take_reading(options.text, text);
  if (!options.data.empty()) check_reading(options.text, std::span(&options.data, 1));
  const std::uint64_t seed = checkpoint.settings.seed + 2;  // neither training nor test comments
  Corpus corpus = read_evaluation(text, seed, options.data);
  encode(corpus, checkpoint.vocabulary);
  return corpus;
}

}  // namespace

void run_eval(const EvalOptions& options) {
  const Checkpoint checkpoint = load_best(options.load);
  const Corpus corpus = options.held_out ? held_out_corpus(checkpoint, options.load)
                                         : corpus_to_measure(checkpoint, options);
  const std::vector<Ids>& text = corpus.held_out;
  if (text.empty()) {
    unroll::fail<unroll::Error>("{}: its training held nothing out; --data names a text",
                                options.load);
  }
  const Evaluation evaluation = measure(checkpoint, text);
  print_epoch(checkpoint);
  say("{}\n", corpus.description);
  print_counts(checkpoint, text, evaluation.words);
  print_evaluation(evaluation, checkpoint.vocabulary.units().tokens);
  print_floor(corpus);
}

void run_plot(const PlotOptions& options) {
  std::vector<examples::NamedFile> inputs;
  for (const std::string& log : options.logs) inputs.push_back({"a log", log});
  const examples::NamedFile output{"--output", options.output};
  examples::check_outputs(std::span(&output, 1), inputs);
  examples::write_chart(chart_of(options.logs), options.output);
  say("curves: {}\n", options.output);
}

void run_info(const std::string& path) {
  const Checkpoint checkpoint = load_checkpoint(path);
  const auto& [text, model, training, seed] = checkpoint.settings;
  const Progress& progress = checkpoint.progress;
  say("{}: its checksums are right\n", path);
  print_model(checkpoint);
  say("text: {}{}{}\n",
      text.data.empty() ? "built-in comments" : fmt::format("{}", fmt::join(text.data, ", ")),
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
