/// sentiment: whether a review is positive or negative. Without arguments it trains on built-in
/// reviews and prints its accuracy beside the best possible.

#include "common/command_line.h"
#include "common/output.h"
#include "common/program.h"
#include "common/validators.h"
#include "sentiment/commands.h"

namespace sentiment {
namespace {

examples::Options add_read(CLI::App& app, ReadOptions& read) {
  return {app.add_option("--column", read.column, "of a table, with the texts"),
          app.add_option("--label", read.label, "of a table, with the labels")};
}

void add_train(CLI::App& app, TrainOptions& options) {
  options.training.save.program = "sentiment";
  examples::TrainingSettings& training = options.training.settings;
  training.optimizer = "adadelta";
  training.learning_rate = 1;
  training.epochs = 16;
  auto* const data = app.add_option(
      "--data", options.data,
      "labelled texts: folders with a folder of .txt files for each label, as aclImdb; tables "
      "(.csv, .tsv, .jsonl); or several files, one for each label, given one after the other");
  auto* const test = app.add_option(
      "--test", options.test, "the same to test with; without it a tenth of the data is held out");
  add_read(app, options.read);
  ModelSettings& model = options.model;
  const examples::Options fixed = {
      app.add_option("--reviews", options.reviews, "built-in reviews to train on")
          ->check(CLI::Range(10, 1000000))
          ->capture_default_str()
          ->excludes(data),
      app.add_option("--fold", options.fold, "which tenth is held out, 0 to 9")
          ->check(CLI::Range(0, 9))
          ->capture_default_str()
          ->needs(data)
          ->excludes(test),
      app.add_option("--vocabulary", options.vocabulary, "most words that are told apart")
          ->check(CLI::Range(2, 10000000))
          ->capture_default_str(),
      app.add_option("--min-count", options.min_count, "words seen less often are one")
          ->check(CLI::Range(1, 1000000))
          ->capture_default_str(),
      app.add_option("--hidden", model.hidden, "units of the LSTM")
          ->check(CLI::Range(1, 100000))
          ->capture_default_str(),
      app.add_option("--embedding", model.embedding, "size of the word vectors")
          ->check(CLI::Range(1, 100000))
          ->capture_default_str(),
      app.add_flag("--both-ways", model.both_ways, "read in both directions"),
      app.add_option("--pooling", model.pooling,
                     "how states become one vector: their mean, the last, or attention")
          ->check(examples::one_of("pooling", {"mean", "last", "attention"}))
          ->capture_default_str(),
      app.add_option("--dropout", model.dropout, "part of that which is forgotten while training")
          ->check(examples::part())
          ->capture_default_str()};
  examples::add_training_options(app, options.training, fixed);
}

int run(int argc, char** argv) {
  CLI::App app(
      "sentiment: an LSTM that tells positive reviews from negative ones.\n"
      "Without a command it trains on built-in reviews.");
  app.require_subcommand(0, 1);
  TrainOptions train;
  EvalOptions eval;
  SayOptions say;
  auto* const train_command = app.add_subcommand("train", "train a model");
  add_train(*train_command, train);
  auto* const eval_command = app.add_subcommand("eval", "accuracy on labelled texts");
  eval_command->add_option("--load", eval.load, "the model")->required();
  auto* const data = eval_command->add_option(
      "--data", eval.data, "labelled texts, as for train; without it other built-in reviews");
  for (CLI::Option* const option : add_read(*eval_command, eval.read)) option->needs(data);
  auto* const say_command =
      app.add_subcommand("say", "the probability of each label of a text, and the words it is for");
  say_command->add_option("--load", say.load, "the model")->required();
  say_command->add_option("texts", say.texts,
                          "the texts, each quoted; without any, the lines of standard input");
  say_command->add_option("--html", say.html, "where to write a page besides");
  say_command->add_flag("--colour", say.colour, "colour words though the output is no terminal");
  return examples::run_command(app, argc, argv,
                               {{train_command, [&] { return run_train(train); }},
                                {eval_command, [&] { run_eval(eval); }},
                                {say_command, [&] { run_say(say); }}});
}

}  // namespace
}  // namespace sentiment

int main(int argc, char** argv) {
  examples::run_program("sentiment", [&] { return sentiment::run(argc, argv); });
}
