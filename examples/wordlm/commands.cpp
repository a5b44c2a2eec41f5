#include "wordlm/commands.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/chart.h"
#include "common/numbers.h"
#include "common/output.h"
#include "common/outputs.h"
#include "wordlm/presets.h"
#include "wordlm/report.h"
#include "wordlm/run_log.h"

namespace wordlm {

using examples::grouped;
using examples::say;

void run_plot(const PlotOptions& options) {
  std::vector<examples::NamedFile> inputs;
  for (const std::string& log : options.logs) inputs.push_back({"a log", log});
  const examples::NamedFile output{"--output", options.output};
  examples::check_outputs(std::span(&output, 1), inputs);
  examples::write_chart(chart_of(options.logs), options.output);
  say("curves: {}\n", options.output);
}

void run_info(const std::string& path) {
  const Checkpoint checkpoint = load_checkpoint(path);
  const auto& [text, model, training, seed] = checkpoint.settings;
  const Progress& progress = checkpoint.progress;
  say("{}: its checksums are right\n", path);
  print_model(checkpoint);
  say("text: {}{}{}\n",
      text.data.empty() ? "built-in comments" : fmt::format("{}", fmt::join(text.data, ", ")),
      text.format.empty() ? "" : fmt::format(", read as {}", text.format),
      text.column.empty() ? "" : fmt::format(", column '{}'", text.column));
  say("vocabulary: {} ids, of which {} have a word\n", grouped(checkpoint.model->words()),
      grouped(checkpoint.vocabulary.size()));
  say("trained: {} of {} epochs and {} batches, {} steps in all\n", progress.epoch, training.epochs,
      progress.batch, grouped(progress.step));
  if (progress.best_loss != 0) {
    say("loss: {:.6f} after the last epoch, {:.6f} after epoch {}, the best\n", progress.last_loss,
        progress.best_loss, progress.best_epoch);
  }
  say("options that are not the defaults: {}\n", fmt::join(options_of(checkpoint.settings), " "));
}

void run_presets() {
  for (const Preset& preset : all_presets()) {
    say("{}: {}\n  {}\n\n", preset.name, preset.source,
        fmt::join(options_of(preset.settings), " "));
  }
  say("Whatever is not named is as by default.\n");
}

}  // namespace wordlm
