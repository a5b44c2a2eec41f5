#include "common/training_options.h"

#include <algorithm>
#include <filesystem>

#include "common/json.h"
#include "common/output.h"
#include "common/picture.h"
#include "common/validators.h"

namespace examples {
namespace {

/// "500" steps or "10m", minutes.
void set_save_every(const std::string& text, SaveOptions& options) {
  const std::int64_t number = std::stoll(text);
  const bool minutes = text.back() == 'm';
  options.every_steps = minutes ? 0 : number;
  options.every = std::chrono::minutes(minutes ? number : 0);
}

CLI::Validator save_every() {
  const auto check = [](const std::string& text) -> std::string {
    const std::string digits = text.ends_with('m') ? text.substr(0, text.size() - 1) : text;
    const bool number = !digits.empty() && digits.size() <= 9 && digits[0] != '0' &&
                        digits.find_first_not_of("0123456789") == std::string::npos;
    return number ? "" : fmt::format("'{}' is neither steps, as 500, nor minutes, as 10m", text);
  };
  return {check, "N"};
}

std::vector<std::string> optimizer_names() {
  std::vector<std::string> names;
  for (const unroll::OptimizerEntry& entry : unroll::all_optimizers()) {
    names.emplace_back(entry.name);
  }
  return names;
}

void check_input(const NamedFile& input, const TrainingOptions& options) {
  const bool is_remembered = input.option == "--data" || input.option == "--test";
  if (input.path.empty() || !is_remembered) return;
  std::error_code ignored;
  const bool is_there = input.path == "-" || std::filesystem::exists(input.path, ignored);
  if (!options.load.empty() && !is_there) {
    unroll::fail<unroll::IoError>("{}: is not there; {} names the files of the model {} anew",
                                  input.path, input.option, options.load);
  }
  if (!options.save.path.empty() && !is_utf8(input.path)) {
    unroll::fail<unroll::IoError>(
        "{}: a model remembers paths as UTF-8, which this one of {} is not; rename it, or train "
        "without --save",
        input.path, input.option);
  }
}

}  // namespace

CLI::Validator one_of(const char* thing, std::vector<std::string> names) {
  const auto check = [=](const std::string& text) {
    if (std::find(names.begin(), names.end(), text) != names.end()) return std::string();
    return fmt::format("no {} '{}'; there are: {}", thing, text, fmt::join(names, ", "));
  };
  return {check, "NAME"};
}

Options add_save_options(CLI::App& app, SaveOptions& options) {
  auto* const save =
      app.add_option("--save", options.path,
                     "where to save: after every epoch, every five minutes, and when interrupted");
  return {
      save,
      app.add_option_function<std::string>(
             "--save-every", [&options](const std::string& text) { set_save_every(text, options); },
             "besides after every epoch: so many steps, or minutes as in 10m; 5m where not "
             "given")
          ->check(save_every())
          ->needs(save),
      app.add_option("--keep", options.keep,
                     "keep so many older files beside that of --save, as FILE.1, FILE.2 ...")
          ->check(CLI::Range(0, 1000))
          ->needs(save)};
}

void TrainingOptions::check_files(std::span<const NamedFile> inputs) const {
  const auto is_given = [&](std::string_view option) {
    return std::ranges::any_of(inputs, [&](const NamedFile& input) {
      return input.option == option && !input.path.empty();
    });
  };
  if (is_given("--test") && !is_given("--data")) {
    unroll::fail<unroll::Error>(
        "--test: expected --data besides; built-in examples are tested with others of their kind");
  }
  if (!plot.empty()) check_is_picture(plot);
  for (const NamedFile& input : inputs) check_input(input, *this);
  std::vector<NamedFile> outputs = {{"--save", save.path}, {"--plot", plot}};
  for (NamedFile& file : files_beside(save)) outputs.push_back(std::move(file));
  check_outputs(outputs, inputs, load);
}

void TrainingOptions::take_over(TrainingSettings& loaded) const {
  if (epochs) loaded.epochs = *epochs;
  if (learning_rate) loaded.learning_rate = *learning_rate;
}

void add_training_options(CLI::App& app, TrainingOptions& options, const Options& fixed) {
  TrainingSettings& s = options.settings;
  auto* const load = app.add_option("--load", options.load,
                                    "go on training the model of this file, as it was begun; the "
                                    "files of examples, --lr and --epochs may be given anew");
  auto* const epochs = app.add_option("--epochs", s.epochs, "passes over the examples, in all")
                           ->check(CLI::Range(0, 1000000))
                           ->capture_default_str();
  auto* const rate =
      app.add_option("--lr", s.learning_rate, "learning rate; where --optimizer is given, its own")
          ->check(positive())
          ->capture_default_str();
  auto* const optimizer = app.add_option("--optimizer", s.optimizer,
                                         fmt::format("{}", fmt::join(optimizer_names(), ", ")))
                              ->check(one_of("optimizer", optimizer_names()))
                              ->capture_default_str();
  auto* const decay = app.add_option("--weight-decay", s.weight_decay,
                                     "weights shrink by so much a step, times the learning rate")
                          ->check(not_negative())
                          ->capture_default_str();
  Options all = fixed;
  all.insert(all.end(),
             {optimizer, decay,
              app.add_option("--batch", s.batch, "examples that share a step")
                  ->check(CLI::Range(1, 100000))
                  ->capture_default_str(),
              app.add_option("--clip", s.clip, "largest norm of a gradient; 0: any")
                  ->check(not_negative())
                  ->capture_default_str(),
              app.add_option("--patience", s.patience,
                             "stop after so many epochs without a better score; 0: never")
                  ->check(CLI::Range(0, 1000000))
                  ->capture_default_str(),
              app.add_option("--seed", s.seed, "of everything random")
                  ->check(whole_number())
                  ->capture_default_str()});
  add_save_options(app, options.save);
  app.add_option("--plot", options.plot, "where to draw the curves in the end, .svg or .png");
  app.add_flag("--check", options.check,
               "hold the gradients of a small such model against finite differences, no more");
  app.callback([=, &options, &s] {
    for (const CLI::Option* option : all) {
      if (load->count() > 0 && option->count() > 0) {
        throw CLI::ValidationError(option->get_name(), "cannot be changed with --load");
      }
    }
    if (epochs->count() > 0) options.epochs = s.epochs;
    if (rate->count() > 0) options.learning_rate = s.learning_rate;
    if (optimizer->count() == 0) return;
    const unroll::OptimizerEntry& entry = unroll::find_optimizer(s.optimizer);
    if (rate->count() == 0) s.learning_rate = entry.learning_rate;
    if (decay->count() == 0) s.weight_decay = entry.weight_decay;
  });
}

int run_training(Task& task, TrainedModel& model, const TrainingOptions& options) {
  if (!train(task, model, options.save)) return 130;
  const TrainingProgress& progress = model.progress;
  if (progress.best_epoch > 0) {
    say("the best model is that of epoch {}: {}\n", progress.best_epoch,
        task.show(progress.best_score));
  }
  if (!options.plot.empty()) draw_training(task, progress, options.plot);
  if (!options.save.path.empty()) say("saved: {}\n", options.save.path);
  return 0;
}

}  // namespace examples
