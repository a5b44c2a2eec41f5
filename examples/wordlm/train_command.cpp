#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <csignal>
#include <filesystem>
#include <limits>

#include "common/chart.h"
#include "common/numbers.h"
#include "common/output.h"
#include "common/outputs.h"
#include "wordlm/advice.h"
#include "wordlm/commands.h"
#include "wordlm/report.h"
#include "wordlm/streams.h"
#include "wordlm/text_format.h"
#include "wordlm/trainer.h"

namespace wordlm {

using examples::count_of;
using examples::grouped;
using examples::say;
using examples::shell_word;

namespace {

void write_sentences(const std::string& path, const SentenceList& sentences) {
  std::string text;
  for (const std::span<const std::int32_t> ids : sentences)
    text += fmt::format("{}\n", fmt::join(ids, " "));
  unroll::write_file(path, text);
}

/// A new model for a corpus in ids of a vocabulary.
Checkpoint first_checkpoint(const TrainOptions& options, const Corpus& corpus,
                            Vocabulary vocabulary) {
  Settings settings = options.settings;
  ModelSettings& model = settings.model;
  // The tutorial's network has no biases; a gate without one learns badly.
  model.bias = options.bias == "auto" ? !(model.embedding == 0 && model.cell == "rnn")
                                      : options.bias == "on";
  const std::int64_t ids = std::max(settings.text.vocabulary, vocabulary.size());
  print_vocabulary(vocabulary, ids, settings.text);
  const std::int64_t unknown = vocabulary.counts().unknown;
  std::vector<std::int64_t> counts;
  if (model.output != "full") counts = count_targets(corpus.train, ids);
  Checkpoint checkpoint = new_checkpoint(settings, std::move(vocabulary), ids, std::move(counts));
  checkpoint.progress.unknown_words = unknown;
  return checkpoint;
}

/// The model to go on with, with what may be given anew.
Checkpoint loaded_checkpoint(const TrainOptions& options) {
  Checkpoint checkpoint = load_checkpoint(options.load);
  const Settings& given = options.settings;
  Settings& settings = checkpoint.settings;
  if (options.epochs_given) settings.training.epochs = given.training.epochs;
  if (options.data_given) settings.text.data = given.text.data;
  if (options.data_given || options.reading_given) take_reading(given.text, settings.text);
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
    say("note: these are not the sentences this model was trained on so far; its current "
        "epoch begins anew\n");
    progress.batch = 0;
    progress.running_loss = 0;
    progress.running_words = 0;
    progress.running_norms = 0;
    progress.measured.clear();
    checkpoint.state.reset();
  }
  progress.data = data;
}

/// Losses on one text say nothing about those on another: begins to compare anew.
void check_measured(Checkpoint& checkpoint, const std::string& measured) {
  Progress& progress = checkpoint.progress;
  if (progress.measured != measured && progress.last_loss != 0) {
    say("note: losses are now measured on another text; the best model is looked for anew\n");
    progress.last_loss = 0;
    progress.best_loss = 0;
    progress.since_best = 0;
    progress.best_epoch = 0;
    checkpoint.best.clear();
  }
  progress.measured = measured;
}

/// Leaves the first sentences that --first asks for, and says so.
void limit_sentences(SentenceList& sentences, const TextSettings& text) {
  const std::int64_t limit = text.limit;
  if (limit == 0) return;
  const auto there = static_cast<std::int64_t>(sentences.size());
  keep_first(sentences, text);
  if (limit < there) {
    say("note: trained on the first {} of {} sentences\n", grouped(limit), grouped(there));
  } else if (limit > there) {
    say("note: there are only {} sentences to train on, not {}\n", grouped(there), grouped(limit));
  }
}

void print_notes(const Settings& settings, const Progress& progress, bool has_test) {
  if (settings.text.held_out > 0 && !has_test) {
    say("note: too few sentences to hold {:g} of them out for a test; the loss shown is that of "
        "the training sentences\n",
        settings.text.held_out);
  }
  if (progress.epoch > 0 && progress.epoch >= settings.training.epochs) {
    say("note: {} complete already; --epochs {} would train another\n",
        progress.epoch == 1 ? "1 epoch is" : fmt::format("{} epochs are", progress.epoch),
        progress.epoch + 1);
  }
}

/// Says what the division of running text into streams leaves over.
void print_streams(const SentenceList& text, const Settings& settings) {
  const TrainingSettings& s = settings.training;
  const char* const unit = unit_of(settings.text.tokens);
  const Streams streams(text.at(0), s.batch, s.bptt);
  say("streams: {} of {} {}s, in pieces of {}", s.batch, grouped(streams.words() / s.batch), unit,
      s.bptt);
  if (streams.dropped() > 0) {
    say("; the last {} of the text not trained on", count_of(streams.dropped(), unit));
  }
  say("\n");
}

/// The command that goes on with a training.
std::string command_to_go_on(const std::string& save, const IdsPlace& ids) {
  std::string command = fmt::format("wordlm train --load {0} --save {0}", shell_word(save));
  if (!ids.file.empty()) command += " --ids " + shell_word(ids.file);
  return command;
}

/// Says how the training ended, and how to go on where it was interrupted.
void print_interruption(const Progress& progress, const examples::Saver& saver,
                        const IdsPlace& ids) {
  const std::string& save = saver.path();
  if (saver.failed()) {
    say("interrupted in epoch {}; what was trained since the last save is lost\n",
        progress.epoch + 1);
  } else if (save.empty()) {
    say("interrupted in epoch {}; with --save FILE the work would have been kept\n",
        progress.epoch + 1);
  } else {
    say("interrupted in epoch {}; go on with: {}\n", progress.epoch + 1,
        command_to_go_on(save, ids));
  }
}

void print_result(const Checkpoint& checkpoint, const Corpus& corpus,
                  const unroll::Processes& processes) {
  const Progress& progress = checkpoint.progress;
  if (!checkpoint.best.empty()) {
    say("the best model is that of epoch {}: loss {:.6f}\n", progress.best_epoch,
        progress.best_loss);
  }
  if (corpus.held_out_entropy) {
    const double loss = checkpoint.best.empty() ? progress.last_loss : progress.best_loss;
    say("the held-out loss is {:.1f} % above the {:.4f} no model can beat\n",
        100 * (loss / *corpus.held_out_entropy - 1), *corpus.held_out_entropy);
  }
  if (!corpus.test.empty()) {
    const double loss = measure(checkpoint, corpus.test, processes).loss;
    say("test loss {:.6f}, perplexity {:.2f}\n", loss, std::exp(loss));
  }
}

/// Says how long the whole run took, reading and measuring included.
void print_time(double seconds, double seconds_of_training) {
  if (seconds_of_training == 0) return;
  say("time: {:.0f}:{:02.0f} min, {:.1f} % of it in training steps\n", std::floor(seconds / 60),
      std::floor(std::fmod(seconds, 60)), 100 * seconds_of_training / seconds);
}

/// Prints the advice on how to train a better model, if there is any.
void print_advice(const RunLog& log, const Settings& settings, const SentenceList& train_set,
                  const std::string& command) {
  const std::string sentence = advice(log.reports(), settings, train_set.words(), command);
  if (!sentence.empty()) say("note: {}\n", sentence);
}

/// Where the curves of a log are drawn; nowhere without one.
std::string picture_of(const std::string& log) {
  return log.empty() ? "" : std::filesystem::path(log).replace_extension(".svg").string();
}

/// Draws a log; a failure is a warning, the training is done all the same.
void draw_log(const std::string& log) {
  try {
    examples::write_chart(chart_of({log}), picture_of(log));
    say("curves: {}\n", picture_of(log));
  } catch (const std::exception& error) {
    examples::write_error(fmt::format("wordlm: warning: no curves were drawn: {}\n", error.what()));
  }
}

/// No output may be an input or another output. A model may be saved where it was loaded from.
void check_files(const TrainOptions& options, const TextSettings& text) {
  using examples::NamedFile;
  std::vector<NamedFile> outputs = {{"--save", options.save.path},
                                    {"--log", options.log},
                                    {"the picture of --log", picture_of(options.log)},
                                    {"--save-start", options.save_start},
                                    {"--save-sentences", options.save_sentences}};
  for (NamedFile& file : examples::files_beside(options.save)) outputs.push_back(std::move(file));
  std::vector<NamedFile> inputs = {{"--valid", text.valid}, {"--test", text.test}};
  for (const std::string& path : text.data) inputs.push_back({"--data", path});
  add_ids_file(options.ids, inputs, outputs);
  examples::check_outputs(outputs, inputs, options.load);
}

/// Of several processes the first writes files, for all.
void write_nothing(TrainOptions& options) {
  options.save.path.clear();
  options.log.clear();
  options.tensorboard.clear();
  options.save_start.clear();
  options.save_sentences.clear();
}

/// Throws where so many processes cannot train as they were told to.
void check_processes(const TrainOptions& options, const Settings& settings,
                     const unroll::Processes& processes) {
  if (processes.count() == 1) return;
  if (settings.training.batch < processes.count()) {
    unroll::fail<unroll::Error>(
        "a batch of {} cannot be shared by {} processes; a larger --batch helps",
        settings.training.batch, processes.count());
  }
  for (const std::string& path : options.settings.text.data) {
    if (path == "-") {
      unroll::fail<unroll::Error>(
          "only one of {} processes can read standard input; --data FILE is read by all",
          processes.count());
    }
  }
}

/// What a training begins with.
struct Prepared {
  std::unique_ptr<examples::Saver> saver;
  std::unique_ptr<RunLog> log;
  std::optional<Checkpoint> checkpoint;
  Corpus corpus;
};

/// Everything but the text.
Prepared prepare(TrainOptions& options, const unroll::Processes& processes) {
  check_files(options, options.settings.text);
  if (processes.rank() > 0) write_nothing(options);
  // Before the file that is gone on with is read: another run may be writing it.
  Prepared p{std::make_unique<examples::Saver>(options.save),
             std::make_unique<RunLog>(options.log, options.tensorboard),
             std::nullopt,
             {}};
  if (!options.load.empty()) {
    p.checkpoint = loaded_checkpoint(options);
    const TextSettings& text = p.checkpoint->settings.text;
    check_files(options, text);
    check_reading(text, text.data);
  } else {
    choose_format(options.settings.text);
    check_reading(options.settings.text, options.settings.text.data);
  }
  const Settings& given = p.checkpoint ? p.checkpoint->settings : options.settings;
  check(given);
  check_processes(options, given, processes);
  return p;
}

/// Reads the text, and makes the model where there is none yet.
void read_text(TrainOptions& options, Prepared& p) {
  if (p.checkpoint) {
    const Settings& s = p.checkpoint->settings;
    p.corpus = encoded_corpus(s.text, s.seed, p.checkpoint->vocabulary, options.ids);
    say("{}\n", p.corpus.description);
  } else {
    Settings& s = options.settings;
    EncodedCorpus made = new_encoded_corpus(s.text, s.seed, !options.tokens_given, options.ids);
    p.corpus = std::move(made.corpus);
    say("{}\n", p.corpus.description);
    p.checkpoint = first_checkpoint(options, p.corpus, std::move(made.vocabulary));
  }
  limit_sentences(p.corpus.train, p.checkpoint->settings.text);
}

/// The same in all processes. Where ids are kept in a file, the first makes it, and the others find
/// it there.
void read_text(TrainOptions& options, Prepared& p, const unroll::Processes& processes) {
  const WantedIds wanted = p.checkpoint
                               ? WantedIds{p.checkpoint->settings.text, &p.checkpoint->vocabulary}
                               : WantedIds{options.settings.text, nullptr, !options.tokens_given};
  bool waits = false;
  processes.together([&] {
    waits = processes.rank() > 0 && !ids_file_of(wanted, options.ids).empty();
    if (!waits) read_text(options, p);
  });
  processes.together([&] {
    if (waits) read_text(options, p);
  });
}

/// Compares what a training begins with: each process may read files of a machine of its own.
void check_sameness(const Prepared& p, const unroll::Processes& processes) {
  if (processes.count() == 1) return;
  processes.require_same(fingerprint(p.corpus.train) + fingerprint(p.corpus.held_out), "sentences");
  const unroll::TensorView flat = p.checkpoint->model->parameters().flat();
  processes.require_same({reinterpret_cast<const char*>(flat.data),
                          static_cast<std::size_t>(flat.size()) * size_of(flat.dtype)},
                         "weights");
  say("processes: {}, each with its part of every batch\n", processes.count());
}

}  // namespace

int run_train(const TrainOptions& given, const unroll::Processes& processes) {
  TrainOptions options = given;
  const auto begun = std::chrono::steady_clock::now();
  const bool speaks = processes.rank() == 0;
  examples::set_quiet(options.quiet || !speaks);
  // The reader of the output may end before the training does, which goes on.
  std::signal(SIGPIPE, SIG_IGN);
  Prepared prepared;
  processes.together([&] { prepared = prepare(options, processes); });
  read_text(options, prepared, processes);
  processes.together([&] { check_sameness(prepared, processes); });
  Corpus& corpus = prepared.corpus;
  Checkpoint& checkpoint = *prepared.checkpoint;
  examples::Saver& saver = *prepared.saver;
  RunLog& log = *prepared.log;
  const Settings& settings = checkpoint.settings;

  check_data(checkpoint, fingerprint(corpus.train));
  check_measured(checkpoint, fingerprint(corpus.held_out.empty() ? corpus.train : corpus.held_out));
  print_notes(settings, checkpoint.progress, !corpus.held_out.empty());
  if (!options.save_sentences.empty()) write_sentences(options.save_sentences, corpus.train);
  if (settings.text.running) print_streams(corpus.train, settings);

  print_model(checkpoint);
  const std::string logarithm =
      checkpoint.counts.empty() ? fmt::format("ln({}) = ", checkpoint.model->words()) : "";
  say("the loss to expect before training: {}{:.4f}\n", logarithm,
      checkpoint.model->loss_to_expect(checkpoint.counts));
  print_floor(corpus);
  if (!options.save_start.empty()) save_checkpoint(options.save_start, checkpoint);
  (void)examples::flush_out();

  Ending ending;
  {
    const examples::InterruptHandler handler;
    ending =
        train(checkpoint, corpus.train, corpus.held_out, saver, log, options.anomaly, processes);
  }
  examples::set_quiet(!speaks);
  if (!ending.complete) {
    print_interruption(checkpoint.progress, saver, options.ids);
    return 130;
  }
  examples::interrupted = false;  // too late: there is nothing left to interrupt
  use_best(checkpoint);
  print_result(checkpoint, corpus, processes);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begun;
  print_time(seconds.count(), ending.seconds_of_training);
  if (log.writes_lines()) draw_log(options.log);
  if (!saver.path().empty() && !saver.failed()) say("saved: {}\n", saver.path());
  if (options.samples > 0 && speaks) {
    say("{} it writes:\n",
        count_of(options.samples, settings.text.units().has_line_feeds() ? "text" : "sentence"));
    print_samples(checkpoint, options.samples, settings.seed, {});
  }
  if (!options.quiet && speaks) {
    const bool saved = !saver.failed() && !saver.path().empty();
    print_advice(log, settings, corpus.train,
                 saved ? command_to_go_on(saver.path(), options.ids) : "");
  }
  if (saver.failed()) {
    unroll::fail<unroll::IoError>("{}: the trained model could not be saved", saver.path());
  }
  return 0;
}

}  // namespace wordlm
