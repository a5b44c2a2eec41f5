/// tagger: a tag for each word of a sentence. Without arguments it trains on built-in sentences and
/// prints its accuracy beside the best possible.

#include "common/command_line.h"
#include "common/program.h"
#include "common/validators.h"
#include "tagger/commands.h"

namespace tagger {
namespace {

void add_train(CLI::App& app, TrainOptions& options) {
  options.training.save.program = "tagger";
  options.training.settings.learning_rate = 0.005;
  options.training.settings.epochs = 5;
  auto* const data = app.add_option(
      "--data", options.data,
      "tagged sentences: CoNLL-U (.conllu), lines of JSON (.jsonl), or columns, the word in the "
      "first and its tag in the last");
  app.add_option("--test", options.test,
                 "the same to test with; without it a tenth of the data is held out");
  ModelSettings& model = options.model;
  const examples::Options fixed = {
      app.add_option("--sentences", options.sentences, "built-in sentences to train on")
          ->check(CLI::Range(10, 1000000))
          ->capture_default_str()
          ->excludes(data),
      app.add_option("--vocabulary", options.vocabulary, "most words that are told apart")
          ->check(CLI::Range(2, 10000000))
          ->capture_default_str(),
      app.add_option("--min-count", options.min_count, "words seen less often are one")
          ->check(CLI::Range(1, 1000000))
          ->capture_default_str(),
      app.add_option("--hidden", model.hidden, "units of each direction of the LSTM")
          ->check(CLI::Range(1, 100000))
          ->capture_default_str(),
      app.add_option("--embedding", model.embedding, "size of the word vectors")
          ->check(CLI::Range(1, 100000))
          ->capture_default_str(),
      app.add_option("--characters", model.characters,
                     "units of each direction of an LSTM over the characters of a word; 0: none")
          ->check(CLI::Range(0, 100000))
          ->capture_default_str(),
      app.add_option("--dropout", model.dropout, "part of that which is forgotten while training")
          ->check(examples::part())
          ->capture_default_str()};
  examples::add_training_options(app, options.training, fixed);
}

int run(int argc, char** argv) {
  CLI::App app(
      "tagger: a bidirectional LSTM with a CRF that gives each word of a sentence its tag.\n"
      "Without a command it trains on built-in sentences.");
  app.require_subcommand(0, 1);
  TrainOptions train;
  EvalOptions eval;
  TagOptions tag;
  auto* const train_command = app.add_subcommand("train", "train a model");
  add_train(*train_command, train);
  auto* const eval_command = app.add_subcommand("eval", "accuracy, and F1 of chunks");
  eval_command->add_option("--load", eval.load, "the model")->required();
  eval_command->add_option("--data", eval.data,
                           "tagged sentences, as for train; without it other built-in ones");
  auto* const tag_command = app.add_subcommand("tag", "the tags of the words of texts");
  tag_command->add_option("--load", tag.load, "the model")->required();
  tag_command->add_option("texts", tag.texts,
                          "the texts, each quoted; without any, the lines of standard input");
  return examples::run_command(app, argc, argv,
                               {{train_command, [&] { return run_train(train); }},
                                {eval_command, [&] { run_eval(eval); }},
                                {tag_command, [&] { run_tag(tag); }}});
}

}  // namespace
}  // namespace tagger

int main(int argc, char** argv) {
  examples::run_program("tagger", [&] { return tagger::run(argc, argv); });
}
