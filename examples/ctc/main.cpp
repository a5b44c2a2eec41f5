/// ctc: labels of a signal, whose alignment with it is not known. Without arguments it trains on
/// built-in signals and prints its label error rate beside that of the process that made them.

#include "common/command_line.h"
#include "common/program.h"
#include "common/validators.h"
#include "ctc/commands.h"

namespace ctc {
namespace {

void add_train(CLI::App& app, TrainOptions& options) {
  options.training.save.program = "ctc";
  examples::TrainingSettings& training = options.training.settings;
  training.learning_rate = 0.005;
  training.epochs = 6;
  auto* const data = app.add_option("--data", options.data,
                                    "signals with labels, a line each: {\"signal\": [[0.1, 0.2], "
                                    "...], \"labels\": [\"a\", ...]}");
  app.add_option("--test", options.test,
                 "the same to test with; without it a tenth of the data is held out");
  const examples::Options fixed = {
      app.add_option("--signals", options.signals, "built-in signals to train on")
          ->check(CLI::Range(10, 1000000))
          ->capture_default_str()
          ->excludes(data),
      app.add_option("--hidden", options.model.hidden, "units of each direction of the LSTM")
          ->check(CLI::Range(1, 100000))
          ->capture_default_str()};
  examples::add_training_options(app, options.training, fixed);
}

void add_beam(CLI::App& app, std::size_t& beam) {
  app.add_option("--beam", beam, "prefixes that the beam search keeps")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
}

int run(int argc, char** argv) {
  CLI::App app(
      "ctc: a bidirectional LSTM that reads the labels off a signal.\n"
      "Without a command it trains on built-in signals.");
  app.require_subcommand(0, 1);
  TrainOptions train;
  EvalOptions eval;
  SpellOptions spell;
  auto* const train_command = app.add_subcommand("train", "train a model");
  add_train(*train_command, train);
  auto* const eval_command = app.add_subcommand("eval", "errors on signals with labels");
  eval_command->add_option("--load", eval.load, "the model")->required();
  eval_command->add_option("--data", eval.data,
                           "signals, as for train; without it other built-in signals");
  add_beam(*eval_command, eval.beam);
  auto* const spell_command =
      app.add_subcommand("spell", "the labels of signals, and where they are said");
  spell_command->add_option("--load", spell.load, "the model")->required();
  spell_command->add_option("--data", spell.data,
                            "signals, with or without labels; without it other built-in signals");
  spell_command->add_option("--first", spell.first, "the first signal that is spelled")
      ->check(CLI::Range(1, 1000000000))
      ->capture_default_str();
  spell_command->add_option("--count", spell.count, "how many are spelled")
      ->check(CLI::Range(1, 1000000000))
      ->capture_default_str();
  spell_command->add_option("--plot", spell.plot,
                            "where to draw the probabilities of the first, .svg or .png");
  add_beam(*spell_command, spell.beam);
  return examples::run_command(app, argc, argv,
                               {{train_command, [&] { return run_train(train); }},
                                {eval_command, [&] { run_eval(eval); }},
                                {spell_command, [&] { run_spell(spell); }}});
}

}  // namespace
}  // namespace ctc

int main(int argc, char** argv) {
  examples::run_program("ctc", [&] { return ctc::run(argc, argv); });
}
