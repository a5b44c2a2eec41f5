/// translate: from one language to another, by an encoder and a decoder. Without arguments it
/// trains on built-in sentences and prints how many it translates right beside the best possible.

#include "common/command_line.h"
#include "common/output.h"
#include "common/program.h"
#include "common/validators.h"
#include "translate/commands.h"

namespace translate {
namespace {

examples::Options add_model(CLI::App& app, ModelSettings& model) {
  return {
      app.add_option("--cell", model.cell, "rnn, gru or lstm")
          ->check(examples::one_of("cell", {"rnn", "gru", "lstm"}))
          ->capture_default_str(),
      app.add_option("--hidden", model.hidden, "units of the encoder and of the decoder")
          ->check(CLI::Range(1, 100000))
          ->capture_default_str(),
      app.add_option("--embedding", model.embedding, "size of the word vectors")
          ->check(CLI::Range(1, 100000))
          ->capture_default_str(),
      app.add_option("--layers", model.layers, "of the encoder and of the decoder")
          ->check(CLI::Range(1, 100))
          ->capture_default_str(),
      app.add_flag("--separate", model.separate,
                   "weights of the decoder's own; so it is with --feed-context, --both-ways and "
                   "attention, where it reads other sizes than the encoder"),
      app.add_flag("--feed-context", model.feed_context,
                   "the decoder reads the last state of the encoder and the last word; with "
                   "attention it reads the word in any case"),
      app.add_flag("--both-ways", model.both_ways,
                   "the encoder reads in both directions, with half of the units in each"),
      app.add_flag("--reverse", model.reverse, "the encoder reads the last word first"),
      app.add_option("--attention", model.attention, "additive, dot, general, or none")
          ->check(examples::one_of("attention", {"none", "additive", "dot", "general"}))
          ->capture_default_str(),
      app.add_option(
             "--dropout", model.dropout,
             "part of the word vectors, of what the encoder's layers read and give, and of what "
             "words are predicted from that is forgotten while training")
          ->check(examples::part())
          ->capture_default_str()};
}

void add_train(CLI::App& app, TrainOptions& options) {
  options.training.save.program = "translate";
  examples::TrainingSettings& training = options.training.settings;
  training.learning_rate = 0.004;
  training.epochs = 12;
  training.batch = 32;
  auto* const data = app.add_option(
      "--data", options.data,
      "pairs of sentences: two files of parallel lines, given one after the other, or one of "
      "lines with a sentence, a tab and its translation");
  app.add_option("--test", options.test,
                 "the same to test with; without it a tenth of the data is held out");
  examples::Options fixed = add_model(app, options.model);
  fixed.insert(fixed.end(),
               {app.add_option("--pairs", options.pairs, "built-in pairs to train on")
                    ->check(CLI::Range(10, 10000000))
                    ->capture_default_str()
                    ->excludes(data),
                app.add_option("--max-length", options.longest,
                               "pairs of longer sentences are not trained on; 0: of any")
                    ->check(CLI::Range(0, 1000000))
                    ->capture_default_str(),
                app.add_option("--vocabulary", options.vocabulary,
                               "most words of a language that are told "
                               "apart")
                    ->check(CLI::Range(2, 10000000))
                    ->capture_default_str(),
                app.add_option("--min-count", options.min_count, "words seen less often are one")
                    ->check(CLI::Range(1, 1000000))
                    ->capture_default_str()});
  examples::add_training_options(app, options.training, fixed);
}

void add_search(CLI::App& app, SearchOptions& search) {
  app.add_option("--beam", search.width, "translations that are followed at once; 1: greedy")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--normalise", search.normalise,
                 "log P of a translation is divided by its number of words to this power; 0: not")
      ->check(examples::not_negative())
      ->capture_default_str();
}

int run(int argc, char** argv) {
  CLI::App app(
      "translate: an encoder and a decoder that translate sentences.\n"
      "Without a command it trains on built-in sentences.");
  app.require_subcommand(0, 1);
  TrainOptions train;
  EvalOptions eval;
  TranslateOptions translate;
  BleuOptions bleu;
  auto* const train_command = app.add_subcommand("train", "train a model");
  add_train(*train_command, train);
  auto* const eval_command =
      app.add_subcommand("eval", "BLEU on pairs of sentences, and how many are translated right");
  eval_command->add_option("--load", eval.load, "the model")->required();
  eval_command->add_option("--data", eval.data,
                           "pairs, as for train; without it other built-in ones");
  eval_command->add_option("--output", eval.output, "where to write the translations, a line each");
  add_search(*eval_command, eval.search);
  auto* const translate_command = app.add_subcommand("translate", "translate sentences");
  translate_command->add_option("--load", translate.load, "the model")->required();
  translate_command->add_option("texts", translate.texts,
                                "the sentences, each quoted; without any, the lines of standard "
                                "input");
  translate_command->add_option("--attention-plot", translate.attention_plot,
                                "where to draw what the translation looks at, .svg or .png");
  add_search(*translate_command, translate.search);
  auto* const bleu_command =
      app.add_subcommand("bleu", "BLEU of a file of translations, as sacreBLEU computes it");
  bleu_command->add_option("translations", bleu.translations, "a line each")->required();
  bleu_command->add_option("references", bleu.references, "what they are held against, a line each")
      ->required();
  bleu_command->add_flag("--lowercase", bleu.lower, "case does not count");
  return examples::run_command(app, argc, argv,
                               {{train_command, [&] { return run_train(train); }},
                                {eval_command, [&] { run_eval(eval); }},
                                {translate_command, [&] { run_translate(translate); }},
                                {bleu_command, [&] { run_bleu(bleu); }}});
}

}  // namespace
}  // namespace translate

int main(int argc, char** argv) {
  examples::run_program("translate", [&] { return translate::run(argc, argv); });
}
