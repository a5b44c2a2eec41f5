/// caption: sentences about a scene. Without arguments it trains on built-in scenes and prints its
/// loss beside the best possible.

#include "caption/commands.h"
#include "common/command_line.h"
#include "common/program.h"
#include "common/validators.h"

namespace caption {
namespace {

void add_train(CLI::App& app, TrainOptions& options) {
  options.training.save.program = "caption";
  examples::TrainingSettings& training = options.training.settings;
  training.learning_rate = 0.001;
  training.epochs = 12;
  ModelSettings& model = options.model;
  auto* const data = app.add_option(
      "--data", options.data,
      "scenes with captions, a line each: {\"scene\": [0, 1, 0.5], \"caption\": \"a red dog\"}");
  app.add_option("--test", options.test,
                 "the same to test with; without it a tenth of the data is held out");
  const examples::Options fixed = {
      app.add_option("--condition", options.condition,
                     "when the scene is read: at the start, or with every word")
          ->check(examples::one_of("condition", {"start", "every"}))
          ->capture_default_str(),
      app.add_option("--scenes", options.scenes, "built-in scenes to train on")
          ->check(CLI::Range(10, 1000000))
          ->capture_default_str()
          ->excludes(data),
      app.add_option("--vocabulary", options.vocabulary, "most words that are told apart")
          ->check(CLI::Range(2, 10000000))
          ->capture_default_str(),
      app.add_option("--min-count", options.min_count, "words seen less often in a file are one")
          ->check(CLI::Range(1, 1000000))
          ->capture_default_str(),
      app.add_option("--hidden", model.hidden, "units of the LSTM")
          ->check(CLI::Range(1, 100000))
          ->capture_default_str(),
      app.add_option("--embedding", model.embedding, "size of the word vectors")
          ->check(CLI::Range(1, 100000))
          ->capture_default_str()};
  examples::add_training_options(app, options.training, fixed);
}

void add_describe(CLI::App& app, DescribeOptions& options) {
  app.add_option("--load", options.load, "the model")->required();
  app.add_option("--data", options.data,
                 "scenes, with or without captions; without it other built-in scenes");
  const auto add_count = [&](const char* name, std::size_t& value, const char* text, int least) {
    app.add_option(name, value, text)->check(CLI::Range(least, 1000000))->capture_default_str();
  };
  add_count("--first", options.first, "the first scene that is described", 1);
  add_count("--count", options.count, "how many scenes are described", 1);
  add_count("--samples", options.samples, "captions that are drawn of each", 0);
  add_count("--best", options.best, "how many of the likeliest captions are printed of each", 0);
  add_count("--beam", options.beam, "unfinished captions that the search for those keeps", 1);
  app.add_option("--seed", options.seed, "of what is drawn")
      ->check(examples::whole_number())
      ->capture_default_str();
}

int run(int argc, char** argv) {
  CLI::App app(
      "caption: an LSTM that writes sentences about a vector.\n"
      "Without a command it trains on built-in scenes.");
  app.require_subcommand(0, 1);
  TrainOptions train;
  EvalOptions eval;
  DescribeOptions describe;
  auto* const train_command = app.add_subcommand("train", "train a model");
  add_train(*train_command, train);
  auto* const eval_command = app.add_subcommand("eval", "the loss on scenes with captions");
  eval_command->add_option("--load", eval.load, "the model")->required();
  eval_command->add_option("--data", eval.data,
                           "scenes, as for train; without it other built-in scenes");
  auto* const describe_command = app.add_subcommand("describe", "captions of scenes");
  add_describe(*describe_command, describe);
  return examples::run_command(app, argc, argv,
                               {{train_command, [&] { return run_train(train); }},
                                {eval_command, [&] { run_eval(eval); }},
                                {describe_command, [&] { run_describe(describe); }}});
}

}  // namespace
}  // namespace caption

int main(int argc, char** argv) {
  examples::run_program("caption", [&] { return caption::run(argc, argv); });
}
