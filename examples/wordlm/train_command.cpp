#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "common/numbers.h"
#include "wordlm/commands.h"
#include "wordlm/report.h"
#include "wordlm/streams.h"
#include "wordlm/trainer.h"

namespace wordlm {

using examples::count_of;
using examples::grouped;
namespace {

constexpr int kMostWords = 8000;  // of a vocabulary whose size was not asked for

void write_sentences(const std::string& path, const std::vector<Ids>& sentences) {
  std::string text;
  for (const Ids& ids : sentences) text += fmt::format("{}\n", fmt::join(ids, " "));
  unroll::write_file(path, text);
}

/// The words of the training text; or every character there is, since none may be missing.
Vocabulary vocabulary_of(const Corpus& corpus, const TextSettings& text) {
  if (text.reading != Reading::characters) {
    return Vocabulary::build(corpus.train_words, text.vocabulary > 0 ? text.vocabulary : kMostWords,
                             text.reading);
  }
  std::vector<Sentence> lines = corpus.train_words;
  lines.insert(lines.end(), corpus.held_out_words.begin(), corpus.held_out_words.end());
  lines.insert(lines.end(), corpus.test_words.begin(), corpus.test_words.end());
  return Vocabulary::build(lines, std::numeric_limits<int>::max(), text.reading);
}

/// A checkpoint to begin from: a new model, or the one loaded.
Checkpoint first_checkpoint(const TrainOptions& options, const Corpus& corpus) {
  Settings settings = options.settings;
  ModelSettings& model = settings.model;
  // The tutorial's network has no biases; a gate without one learns badly.
  model.bias = options.bias == "auto" ? !(model.embedding == 0 && model.cell == "rnn")
                                      : options.bias == "on";
  const TextSettings& text = settings.text;
  Vocabulary vocabulary = vocabulary_of(corpus, text);
  const std::int64_t ids = std::max(text.vocabulary, vocabulary.size());
  print_vocabulary(vocabulary, ids, text.reading);
  return new_checkpoint(settings, std::move(vocabulary), ids);
}

Checkpoint loaded_checkpoint(const TrainOptions& options) {
  Checkpoint checkpoint = load_checkpoint(options.load);
  const Settings& given = options.settings;
  Settings& settings = checkpoint.settings;
  if (options.epochs_given) settings.training.epochs = given.training.epochs;
  if (options.data_given) settings.text.data = given.text.data;
  // The column of one file means nothing in another.
  if (options.data_given || options.column_given) settings.text.column = given.text.column;
  if (options.valid_given) settings.text.valid = given.text.valid;
  if (options.test_given) settings.text.test = given.text.test;
  if (options.learning_rate_given) {
    settings.training.learning_rate = given.training.learning_rate;
    checkpoint.progress.learning_rate = given.training.learning_rate;
  }
  return checkpoint;
}

/// Goes on in the middle of an epoch only with the sentences the epoch began with.
void check_data(Checkpoint& checkpoint, const std::string& data) {
  Progress& progress = checkpoint.progress;
  if (!progress.data.empty() && progress.data != data) {
    fmt::print(
        "note: these are not the sentences this model was trained on so far; its current "
        "epoch begins anew\n");
    progress.batch = 0;
    progress.running_loss = 0;
    progress.running_words = 0;
    progress.last_loss = 0;
    progress.best_loss = 0;
    progress.since_best = 0;
    checkpoint.state.reset();
  }
  progress.data = data;
}

/// Leaves the first sentences that --first asks for, and says so.
void limit_sentences(std::vector<Ids>& sentences, std::int64_t limit) {
  if (limit == 0) return;
  const auto there = static_cast<std::int64_t>(sentences.size());
  if (limit < there) {
    sentences.resize(static_cast<std::size_t>(limit));
    fmt::print("note: trained on the first {} of {} sentences\n", grouped(limit), grouped(there));
  } else if (limit > there) {
    fmt::print("note: there are only {} sentences to train on, not {}\n", grouped(there),
               grouped(limit));
  }
}

void print_notes(const Settings& settings, const Progress& progress, bool has_test) {
  if (settings.text.held_out > 0 && !has_test) {
    fmt::print(
        "note: too few sentences to hold {:g} of them out for a test; the loss shown is that of "
        "the training sentences\n",
        settings.text.held_out);
  }
  if (progress.epoch > 0 && progress.epoch >= settings.training.epochs) {
    fmt::print("note: {} complete already; --epochs {} would train another\n",
               progress.epoch == 1 ? "1 epoch is" : fmt::format("{} epochs are", progress.epoch),
               progress.epoch + 1);
  }
}

/// The sets as `train` takes them.
struct Sets {
  std::vector<Ids> train;
  std::vector<Ids> held_out;
  std::vector<Ids> test;
};

Sets sets_of(const Corpus& corpus, const Checkpoint& checkpoint) {
  return {encode_all(corpus.train_words, checkpoint.vocabulary),
          encode_all(corpus.held_out_words, checkpoint.vocabulary),
          encode_all(corpus.test_words, checkpoint.vocabulary)};
}

/// Makes running text of sentences, and says what its division into streams leaves over.
void run_together(Sets& sets, const Settings& settings) {
  const TrainingSettings& s = settings.training;
  const char* const unit = unit_of(settings.text.reading);
  for (std::vector<Ids>* const set : {&sets.train, &sets.held_out, &sets.test}) {
    if (!set->empty()) *set = {running_text(*set)};
  }
  const Streams streams(sets.train.at(0), s.batch, s.bptt);
  fmt::print("streams: {} of {} {}s, in pieces of {}", s.batch, grouped(streams.words() / s.batch),
             unit, s.bptt);
  if (streams.dropped() > 0) {
    fmt::print("; the last {} of the text not trained on", count_of(streams.dropped(), unit));
  }
  fmt::print("\n");
}

/// Says how the training ended, and how to go on where it was interrupted.
void print_interruption(const Progress& progress, const std::string& save) {
  if (save.empty()) {
    fmt::print("interrupted in epoch {}; with --save FILE the work would have been kept\n",
               progress.epoch + 1);
  } else {
    fmt::print("interrupted in epoch {}; go on with: wordlm train --load {} --save {}\n",
               progress.epoch + 1, save, save);
  }
}

void print_result(const Checkpoint& checkpoint, const Corpus& corpus, const Sets& sets) {
  if (corpus.held_out_entropy) {
    fmt::print("the held-out loss is {:.1f} % above the {:.4f} no model can beat\n",
               100 * (checkpoint.progress.last_loss / *corpus.held_out_entropy - 1),
               *corpus.held_out_entropy);
  }
  if (!sets.test.empty()) {
    const double loss = measure(checkpoint, sets.test).loss;
    fmt::print("test loss {:.6f}, perplexity {:.2f}\n", loss, std::exp(loss));
  }
}

}  // namespace

int run_train(const TrainOptions& options) {
  std::optional<Checkpoint> loaded;
  if (!options.load.empty()) loaded = loaded_checkpoint(options);
  const Settings& wanted = loaded ? loaded->settings : options.settings;
  check(wanted);
  for (const std::string& path : {options.save, options.save_start, options.save_sentences}) {
    for (const std::string& text : {wanted.text.data, wanted.text.valid, wanted.text.test}) {
      if (!path.empty()) check_can_save(path, text);
    }
  }
  Corpus corpus = read_corpus(wanted);
  fmt::print("{}\n", corpus.description);
  Checkpoint checkpoint = loaded ? std::move(*loaded) : first_checkpoint(options, corpus);
  const Settings& settings = checkpoint.settings;

  Sets sets = sets_of(corpus, checkpoint);
  corpus.train_words.clear();  // a text takes far more room as words than as ids
  limit_sentences(sets.train, settings.text.limit);
  check_data(checkpoint, fingerprint(sets.train));
  print_notes(settings, checkpoint.progress, !sets.held_out.empty());
  if (!options.save_sentences.empty()) write_sentences(options.save_sentences, sets.train);
  if (settings.text.is_running()) run_together(sets, settings);

  print_model(checkpoint);
  fmt::print("the loss to expect before training: ln({}) = {:.4f}\n", checkpoint.model->words(),
             std::log(static_cast<double>(checkpoint.model->words())));
  print_floor(corpus);
  if (!options.save_start.empty()) save_checkpoint(options.save_start, checkpoint);
  std::fflush(stdout);

  bool complete = false;
  {
    const examples::InterruptHandler handler;
    complete = train(checkpoint, sets.train, sets.held_out, options.save, options.anomaly);
  }
  if (!complete) {
    print_interruption(checkpoint.progress, options.save);
    return 130;
  }
  print_result(checkpoint, corpus, sets);
  if (!options.save.empty()) fmt::print("saved: {}\n", options.save);
  if (options.samples > 0) {
    fmt::print("{} it writes:\n",
               count_of(options.samples,
                        settings.text.reading == Reading::characters ? "text" : "sentence"));
    print_samples(checkpoint, options.samples, settings.seed, {});
  }
  return 0;
}

}  // namespace wordlm
