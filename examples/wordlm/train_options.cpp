/// The options of `wordlm train`.

#include <fmt/format.h>

#include <algorithm>

#include "common/training_options.h"
#include "common/validators.h"
#include "wordlm/initial_weights.h"
#include "wordlm/learning_rate.h"
#include "wordlm/make_optimizer.h"
#include "wordlm/options.h"
#include "wordlm/presets.h"

namespace wordlm {
namespace {

using examples::any_number;
using examples::not_negative;
using examples::number;
using examples::positive;
using examples::whole_number;

using examples::one_of;
using examples::Options;

constexpr std::int64_t kStreamSteps = 20;  // of a piece, where --bptt is not given

std::vector<std::string> cell_names() {
  std::vector<std::string> names;
  for (const unroll::CellEntry& cell : unroll::all_cells()) names.emplace_back(cell.name);
  return names;
}

std::vector<std::string> preset_names() {
  std::vector<std::string> names;
  for (const Preset& preset : all_presets()) names.emplace_back(preset.name);
  return names;
}

/// A text that `f` takes without an unroll::Error, which otherwise says why.
template <class F>
CLI::Validator accepted_by(F f) {
  const auto check = [f](const std::string& text) {
    try {
      (void)f(text);
    } catch (const unroll::Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  return {check, "NAME"};
}

CLI::Validator initial_weights_name() {
  return accepted_by([](const std::string& text) { return initial_weights(text); });
}

CLI::Validator part_below_one() {
  return number("PART", "a number from 0 to below 1", [](double x) { return x >= 0 && x < 1; });
}

Options add_model_options(CLI::App& app, TrainOptions& options) {
  ModelSettings& s = options.settings.model;
  auto* const kind =
      app.add_option("--model", options.model,
                     "recurrent, or window: the network of Bengio et al. 2003, which reads a fixed "
                     "number of words before the next one")
          ->check(one_of("model", {"recurrent", "window"}))
          ->capture_default_str();
  return {
      kind,
      app.add_option("--order", options.order,
                     "words of a window and the one after it, for --model window")
          ->check(CLI::Range(2, 100))
          ->capture_default_str()
          ->needs(kind),
      app.add_option("--cell", s.cell,
                     "the recurrent cell: " + fmt::format("{}", fmt::join(cell_names(), ", ")))
          ->check(accepted_by([](const std::string& text) { return unroll::find_cell(text); }))
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
      app.add_option("--output", s.output,
                     "what predicts words: full, a softmax over all; for large vocabularies: "
                     "adaptive, hierarchical, class, sampled")
          ->check(one_of("output", {kOutputs.begin(), kOutputs.end()}))
          ->capture_default_str(),
      app.add_option("--sampled", s.sampled, "words a training step of --output sampled")
          ->check(CLI::Range(1, 100000000))
          ->capture_default_str(),
      app.add_flag("--tie", s.tie,
                   "the word vectors are the output's weights too (--embedding as --hidden)"),
      app.add_option("--bias", options.bias,
                     "auto, on or off; auto is on but for the tutorial's form, a plain rnn with "
                     "--embedding 0")
          ->check(CLI::IsMember({"auto", "on", "off"}))
          ->capture_default_str(),
      app.add_option("--forget-bias", s.forget_bias, "what forget gates begin with")
          ->check(any_number())
          ->capture_default_str(),
      app.add_option("--init", s.initial,
                     "how weights begin: fan-in, glorot, orthogonal, or uniform:0.1 for all in "
                     "+-0.1")
          ->check(initial_weights_name())
          ->capture_default_str(),
      app.add_flag("--double", s.double_precision, "compute in f64 instead of f32"),
      app.add_option("--seed", options.settings.seed, "of everything random")
          ->check(whole_number())
          ->capture_default_str(),
  };
}

Options add_training_options(CLI::App& app, TrainingSettings& s) {
  return {
      app.add_option("--batch", s.batch,
                     "sentences of like length, or streams, that share a step; 1: the tutorial")
          ->check(CLI::Range(1, 100000))
          ->capture_default_str(),
      app.add_option(
             "--bptt", s.bptt,
             "how many steps back from each word its gradient reaches; 0: to the beginning; "
             "of streams, the steps of a piece (20 where not given)")
          ->check(not_negative())
          ->capture_default_str(),
      app.add_flag("--shuffle,!--in-order", s.shuffle,
                   "sentences in a new random order each epoch (default), or in the file's"),
      app.add_option("--dropout", s.dropout,
                     "part of the values forgotten at the input of each layer and at the last "
                     "output, only while training")
          ->check(part_below_one())
          ->capture_default_str(),
      app.add_option("--weight-decay", s.weight_decay,
                     "weights shrink by so much a step, times the learning rate (0.01 for adamw)")
          ->check(not_negative())
          ->capture_default_str(),
      app.add_option("--clip", s.clip, "largest norm of a gradient; 0: any")
          ->check(not_negative())
          ->capture_default_str(),
      app.add_option("--clip-value", s.clip_value,
                     "largest element of a gradient, cut before its norm; 0: any")
          ->check(not_negative())
          ->capture_default_str(),
      app.add_option("--patience", s.patience,
                     "stop after so many epochs without a better loss; 0: never")
          ->check(CLI::Range(0, 1000000))
          ->capture_default_str(),
  };
}

Options add_rate_options(CLI::App& app, TrainingSettings& s) {
  const std::vector<std::string> schedules(kSchedules.begin(), kSchedules.end());
  return {
      app.add_option("--schedule", s.schedule,
                     "of the learning rate: constant; halve: times --factor when the loss rises; "
                     "decay: after --hold epochs times --factor each epoch; step: times --factor "
                     "every --hold epochs; cosine: down to 0 with the last epoch")
          ->check(one_of("schedule", schedules))
          ->capture_default_str(),
      app.add_option("--factor", s.factor, "what schedules multiply by")
          ->check(number("PART", "a number above 0, at most 1",
                         [](double x) { return x > 0 && x <= 1; }))
          ->capture_default_str(),
      app.add_option("--hold", s.hold, "epochs, for --schedule")
          ->check(CLI::Range(0, 1000000))
          ->capture_default_str(),
      app.add_option("--warm-up", s.warm_up,
                     "epochs over which the learning rate rises before its schedule begins")
          ->check(CLI::Range(0, 1000000))
          ->capture_default_str(),
  };
}

/// The optimizer of the preset that was given.
std::string preset_optimizer(const CLI::Option& preset) {
  return find_preset(preset.results().back()).settings.training.optimizer;
}

void set_group(const Options& options, const char* group) {
  for (CLI::Option* const option : options) option->group(group);
}

}  // namespace

void add_train(CLI::App& app, TrainOptions& options) {
  Settings& s = options.settings;
  // Applied as it is read, before the other options: what is given besides overrides it.
  auto* const preset =
      app.add_option_function<std::string>(
             "--preset", [&s](const std::string& name) { s = find_preset(name).settings; },
             "a published recipe, see 'wordlm presets'; what is given besides overrides it")
          ->check(one_of("preset", preset_names()))
          ->trigger_on_parse();

  const TextOptions text = add_text(app, s.text, options.ids);
  set_group({text.data, text.valid, text.test}, "Text");
  set_group(text.reading, "Text");
  set_group(text.kind, "Text");
  Options fixed = text.kind;

  const Options model = add_model_options(app, options);
  set_group(model, "Model");

  auto* const epochs = app.add_option("--epochs", s.training.epochs, "passes over the text, in all")
                           ->check(CLI::Range(0, 1000000))
                           ->capture_default_str();
  set_group({epochs}, "Training");
  const Options training = add_training_options(app, s.training);
  set_group(training, "Training");

  auto* const optimizer = app.add_option("--optimizer", s.training.optimizer,
                                         fmt::format("{}", fmt::join(optimizer_names(), ", ")))
                              ->check(one_of("optimizer", optimizer_names()))
                              ->capture_default_str();
  auto* const rate = app.add_option("--lr", s.training.learning_rate,
                                    "learning rate; where --optimizer is given, its own")
                         ->check(positive())
                         ->capture_default_str();
  set_group({optimizer, rate}, "Optimizer and learning rate");
  const Options rates = add_rate_options(app, s.training);
  set_group(rates, "Optimizer and learning rate");

  auto* const load =
      app.add_option("--load", options.load,
                     "go on training the model of this file, as it was begun; --data, --column, "
                     "--valid, --test, --lr and --epochs may be given anew");
  const Options saving = examples::add_save_options(app, options.save);
  set_group(saving, "Files and output");
  const Options files = {
      load,
      app.add_option(
          "--log", options.log,
          "where to write the settings and a line of JSON after each epoch; 'wordlm plot' "
          "draws it, as the training does in the end, into a file of the same name with "
          "the ending .svg"),
      app.add_option("--tensorboard", options.tensorboard,
                     "a folder for the same numbers as events: 'tensorboard --logdir' shows them"),
      app.add_option("--save-start", options.save_start, "where to save the model before training"),
      app.add_option("--save-sentences", options.save_sentences,
                     "where to write the training sentences as ids, one a line"),
      app.add_option("--samples", options.samples, "sentences to write in the end")
          ->check(not_negative())
          ->capture_default_str(),
      app.add_flag("--quiet", options.quiet,
                   "say nothing while training, only the results in the end, and warnings"),
      app.add_flag("--anomaly", options.anomaly,
                   "stop at the first NaN or infinity and name the operation it came from "
                   "(slower)")};
  set_group(files, "Files and output");

  fixed.insert(fixed.end(), {preset, optimizer});
  for (const Options& more : {model, training, rates}) {
    fixed.insert(fixed.end(), more.begin(), more.end());
  }
  app.callback([=, &app, &options, &s] {
    for (const CLI::Option* option : fixed) {
      if (load->count() > 0 && option->count() > 0) {
        throw CLI::ValidationError(option->get_name(), "cannot be changed with --load");
      }
    }
    if (app.count("--sampled") > 0 && s.model.output != "sampled") {
      throw CLI::ValidationError("--sampled", "goes with --output sampled");
    }
    if (options.model == "window") s.model.order = options.order;
    options.epochs_given = epochs->count() > 0;
    options.learning_rate_given = rate->count() > 0;
    options.data_given = text.data->count() > 0;
    options.reading_given =
        std::ranges::any_of(text.reading, [](const CLI::Option* o) { return o->count() > 0; });
    // A preset says what its tokens are, too.
    options.tokens_given = app.count("--tokens") > 0 || s.text.tokens != Tokens::word;
    options.valid_given = text.valid->count() > 0;
    options.test_given = text.test->count() > 0;
    // A learning rate belongs to the optimizer it was chosen for.
    const bool by_preset = preset->count() > 0 && s.training.optimizer == preset_optimizer(*preset);
    if (optimizer->count() > 0 && !by_preset) {
      const OwnSettings own = own_settings(s.training.optimizer);
      if (rate->count() == 0) s.training.learning_rate = own.learning_rate;
      if (app.count("--weight-decay") == 0) s.training.weight_decay = own.weight_decay;
    }
    if (s.text.running && s.training.bptt == 0 && app.count("--bptt") == 0) {
      s.training.bptt = kStreamSteps;
    }
  });
}

}  // namespace wordlm
