/// trees: labels for the nodes of parse trees. Without arguments it trains on built-in trees and
/// prints its accuracy beside the best possible.

#include "common/command_line.h"
#include "common/program.h"
#include "common/validators.h"
#include "trees/commands.h"

namespace trees {
namespace {

void add_train(CLI::App& app, TrainOptions& options) {
  options.training.save.program = "trees";
  examples::TrainingSettings& training = options.training.settings;
  training.optimizer = "adagrad";
  training.learning_rate = 0.05;
  training.batch = 25;
  training.epochs = 10;
  training.weight_decay = 1e-4;
  auto* const data = app.add_option("--data", options.data,
                                    "trees in brackets, each node with its label from 0 to 4: (3 "
                                    "(2 It) (4 (2 is) (4 good)))");
  app.add_option("--test", options.test,
                 "the same to test with; without it a tenth of the data is held out");
  ModelSettings& model = options.model;
  auto* const embedding = app.add_option("--embedding", model.embedding, "size of the word vectors")
                              ->check(CLI::Range(1, 100000))
                              ->capture_default_str();
  const examples::Options fixed = {
      app.add_option("--trees", options.trees, "built-in trees to train on")
          ->check(CLI::Range(10, 1000000))
          ->capture_default_str()
          ->excludes(data),
      app.add_option("--cell", model.cell,
                     "n-ary: up to two children, told apart; child-sum: any number, in no order")
          ->check(examples::one_of("cell", {"n-ary", "child-sum"}))
          ->capture_default_str(),
      app.add_flag("--binary", model.binary,
                   "tell positive from negative; neutral nodes have no label"),
      app.add_option("--vectors", options.vectors,
                     "word vectors to begin with, as of GloVe: a word and its numbers a line")
          ->excludes(embedding),
      app.add_option("--min-count", options.min_count, "words seen less often are one")
          ->check(CLI::Range(1, 1000000))
          ->capture_default_str(),
      app.add_option("--hidden", model.hidden, "units of the Tree-LSTM")
          ->check(CLI::Range(1, 100000))
          ->capture_default_str(),
      embedding,
      app.add_option("--dropout", model.dropout, "part of that which is forgotten while training")
          ->check(examples::part())
          ->capture_default_str()};
  examples::add_training_options(app, options.training, fixed);
}

void add_load(CLI::App& app, std::string& load) {
  app.add_option("--load", load, "the model")->required();
}

int run(int argc, char** argv) {
  CLI::App app(
      "trees: a Tree-LSTM that labels the nodes of parse trees.\n"
      "Without a command it trains on built-in trees.");
  app.require_subcommand(0, 1);
  TrainOptions train;
  EvalOptions eval;
  LabelOptions label;
  LabelOptions draw;
  auto* const train_command = app.add_subcommand("train", "train a model");
  add_train(*train_command, train);
  auto* const eval_command = app.add_subcommand("eval", "accuracy at the roots and at all nodes");
  add_load(*eval_command, eval.load);
  eval_command->add_option("--data", eval.data,
                           "labelled trees, as for train; without it other built-in ones");
  auto* const label_command =
      app.add_subcommand("label", "trees with the likeliest label at every node");
  add_load(*label_command, label.load);
  label_command->add_option("trees", label.texts,
                            "trees in brackets, with labels or without, each quoted; without any, "
                            "the lines of standard input");
  auto* const draw_command = app.add_subcommand("draw", "a picture of a tree and its labels");
  add_load(*draw_command, draw.load);
  draw_command->add_option("tree", draw.texts, "the tree in brackets, quoted")
      ->required()
      ->expected(1);
  draw_command->add_option("--out", draw.out, "where to draw it, as .svg or .png")->required();
  return examples::run_command(app, argc, argv,
                               {{train_command, [&] { return run_train(train); }},
                                {eval_command, [&] { run_eval(eval); }},
                                {label_command, [&] { run_label(label); }},
                                {draw_command, [&] { run_draw(draw); }}});
}

}  // namespace
}  // namespace trees

int main(int argc, char** argv) {
  examples::run_program("trees", [&] { return trees::run(argc, argv); });
}
