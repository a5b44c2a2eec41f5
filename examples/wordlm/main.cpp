/// wordlm: a word language model on a file of comments (the reddit model of the WildML tutorial,
/// grown up). Without arguments it trains on built-in comments and writes ten sentences.

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <new>

#include "wordlm/commands.h"

namespace {

using namespace wordlm;

/// A finite number that `holds`; infinity and NaN pass CLI's own checks, and its messages write out
/// the largest double.
CLI::Validator number(const char* type, const char* wanted, bool (*holds)(double)) {
  const auto check = [=](const std::string& text) {
    const double value = std::strtod(text.c_str(), nullptr);
    if (std::isfinite(value) && holds(value)) return std::string();
    return fmt::format("expected {}, found '{}'", wanted, text);
  };
  return CLI::Validator(check, type);
}

CLI::Validator positive() {
  return number("POSITIVE", "a number above 0", [](double x) { return x > 0; });
}
CLI::Validator not_negative() {
  return number("NONNEGATIVE", "0 or a number above", [](double x) { return x >= 0; });
}

/// Options that say what a model is; they cannot change once it exists.
std::vector<CLI::Option*> add_model_options(CLI::App& app, TrainOptions& options) {
  Settings& s = options.settings;
  std::vector<std::string> cells;
  for (const unroll::CellEntry& cell : unroll::all_cells()) cells.emplace_back(cell.name);
  return {
      app.add_option("--vocabulary", s.vocabulary,
                     "ids of the model: the special words and the most frequent others; without it "
                     "as many as the text has, at most 8000")
          ->check(CLI::Range(4, 10000000)),
      app.add_option("--cell", s.cell, "the recurrent cell")
          ->check(CLI::IsMember(cells))
          ->capture_default_str(),
      app.add_option("--hidden", s.hidden, "units of each layer")
          ->check(CLI::Range(1, 100000))
          ->capture_default_str(),
      app.add_option("--layers", s.layers, "recurrent layers")
          ->check(CLI::Range(1, 100))
          ->capture_default_str(),
      app.add_option("--embedding", s.embedding,
                     "size of the word vectors; 0: one-hot words straight into the hidden layer, "
                     "the tutorial's form")
          ->check(CLI::Range(0, 100000))
          ->capture_default_str(),
      app.add_option("--bias", options.bias,
                     "auto, on or off; auto is on but for the tutorial's form, a plain rnn with "
                     "--embedding 0")
          ->check(CLI::IsMember({"auto", "on", "off"}))
          ->capture_default_str(),
      app.add_flag("--double", s.double_precision, "compute in f64 instead of f32"),
      app.add_option("--comments", s.comments, "how many built-in comments to train on")
          ->check(CLI::Range(1, 10000000))
          ->capture_default_str(),
      app.add_option("--first", s.limit, "train on the first so many sentences only; 0: all")
          ->check(not_negative())
          ->capture_default_str(),
      app.add_option("--held-out", s.held_out,
                     "part of the sentences kept for the test; 0: the loss shown is that of the "
                     "training sentences")
          ->check(not_negative())
          ->check(CLI::Range(0.0, 0.5))
          ->capture_default_str(),
      app.add_option("--batch", s.batch,
                     "sentences of like length that share a step; 1: the tutorial")
          ->check(CLI::Range(1, 100000))
          ->capture_default_str(),
      app.add_option("--bptt", s.bptt,
                     "how many steps back from each word its gradient reaches; 0: to the beginning")
          ->check(not_negative())
          ->capture_default_str(),
      app.add_flag("--halve,!--no-halve", s.halve,
                   "halve the learning rate when the loss rises (default: on)"),
      app.add_option("--clip", s.clip, "largest norm of a gradient; 0: any")
          ->check(not_negative())
          ->capture_default_str(),
      app.add_flag("--shuffle,!--in-order", s.shuffle,
                   "sentences in a new random order each epoch (default), or in the file's"),
      app.add_option("--seed", s.seed, "of everything random")->capture_default_str(),
  };
}

void add_train(CLI::App& app, TrainOptions& options) {
  Settings& s = options.settings;
  auto* const data = app.add_option("--data", s.data,
                                    "comments: a CSV file with a header, or text, one comment a "
                                    "line; without it built-in comments");
  auto* const column = app.add_option("--column", s.column,
                                      "of a CSV file, by name or number; without it 'body', or the "
                                      "first");
  auto* const rate = app.add_option("--lr", s.learning_rate, "learning rate of SGD")
                         ->check(positive())
                         ->capture_default_str();
  auto* const epochs = app.add_option("--epochs", s.epochs, "passes over the sentences, in all")
                           ->check(CLI::Range(0, 1000000))
                           ->capture_default_str();
  auto* const load =
      app.add_option("--load", options.load,
                     "go on training the model of this file, as it was begun; --data, --column, "
                     "--lr and --epochs may be given anew");
  app.add_option("--save", options.save,
                 "where to save: after every epoch, every five minutes, and when interrupted");
  app.add_option("--save-start", options.save_start, "where to save the model before training");
  app.add_option("--save-sentences", options.save_sentences,
                 "where to write the training sentences as ids, one a line");
  app.add_option("--samples", options.samples, "sentences to write in the end")
      ->check(not_negative())
      ->capture_default_str();
  app.add_flag("--anomaly", options.anomaly,
               "stop at the first NaN or infinity and name the operation it came from (slower)");
  const std::vector<CLI::Option*> fixed = add_model_options(app, options);
  app.get_option("--comments")->excludes(data);
  app.callback([=, &options] {
    for (const CLI::Option* option : fixed) {
      if (load->count() > 0 && option->count() > 0) {
        throw CLI::ValidationError(option->get_name(), "cannot be changed with --load");
      }
    }
    options.epochs_given = epochs->count() > 0;
    options.learning_rate_given = rate->count() > 0;
    options.data_given = data->count() > 0;
    options.column_given = column->count() > 0;
  });
}

void add_load(CLI::App& app, std::string& load) {
  app.add_option("--load", load, "the model, a file that 'wordlm train --save' wrote")->required();
}

void add_sample(CLI::App& app, SampleOptions& options) {
  add_load(app, options.load);
  app.add_option("--count", options.count, "sentences")
      ->check(CLI::Range(0, 1000000))
      ->capture_default_str();
  app.add_option("--temperature", options.sampling.temperature,
                 "below 1 likely words become likelier, above 1 unlikely ones")
      ->check(positive())
      ->check(CLI::Range(0.01, 100.0))
      ->capture_default_str();
  auto* const least = app.add_option("--min-words", options.sampling.min_words, "shortest sentence")
                          ->check(CLI::Range(0, 1000))
                          ->capture_default_str();
  auto* const most = app.add_option("--max-words", options.sampling.max_words, "longest sentence")
                         ->check(CLI::Range(1, 100000))
                         ->capture_default_str();
  app.callback([=, &options] {
    const auto [shortest, longest] =
        std::pair(options.sampling.min_words, options.sampling.max_words);
    if (shortest > longest) {
      throw CLI::ValidationError(
          (most->count() > 0 ? most : least)->get_name(),
          fmt::format("no sentence has at least {} and at most {} words", shortest, longest));
    }
  });
  app.add_option("--seed", options.seed, "another seed, other sentences")->capture_default_str();
}

int report(const char* error) {
  std::fflush(stdout);
  fmt::print(stderr, "wordlm: {}\n", error);
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "wordlm: a word language model on a file of comments.\n"
      "Without a command it trains on built-in comments and writes ten sentences.");
  app.require_subcommand(0, 1);
  int threads = 0;
  app.add_option("--threads", threads, "for matrix products; 0: as many as there are cores")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();

  TrainOptions train_options;
  SampleOptions sample_options;
  EvalOptions eval_options;
  ScoreOptions score_options;
  auto* const train = app.add_subcommand("train", "train a model");
  add_train(*train, train_options);
  auto* const sample = app.add_subcommand("sample", "write sentences");
  add_sample(*sample, sample_options);
  auto* const eval = app.add_subcommand("eval", "loss and perplexity on a text");
  add_load(*eval, eval_options.load);
  auto* const data = eval->add_option(
      "--data", eval_options.data,
      "comments, as for train; without it built-in comments it was not trained on");
  eval->add_option("--column", eval_options.column, "of a CSV file, as for train")->needs(data);
  auto* const score = app.add_subcommand("score", "log-probability of sentences");
  add_load(*score, score_options.load);
  score->add_option("sentences", score_options.sentences,
                    "the sentences, each quoted; without any, the lines of standard input");
  score->add_flag("--rank", score_options.rank, "the most probable first");
  for (CLI::App* const command : {train, sample, eval, score}) {
    command->fallthrough();
    command->footer("Before or after the command: --threads, see wordlm --help");
  }

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  try {
    unroll::set_threads(threads);
    int status = 0;
    if (sample->parsed()) {
      run_sample(sample_options);
    } else if (eval->parsed()) {
      run_eval(eval_options);
    } else if (score->parsed()) {
      run_score(score_options);
    } else {
      status = run_train(train_options);
    }
    if (std::fflush(stdout) != 0) unroll::fail<unroll::IoError>("the output cannot be written");
    return status;
  } catch (const std::bad_alloc&) {
    return report("not enough memory; a smaller --batch, --hidden or --vocabulary needs less");
  } catch (const std::exception& error) {
    return report(error.what());
  }
}
