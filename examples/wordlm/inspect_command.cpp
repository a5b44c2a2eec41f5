#include <fmt/format.h>
#include <unroll/core/files.h>

#include <array>

#include "common/numbers.h"
#include "common/output.h"
#include "common/outputs.h"
#include "wordlm/commands.h"
#include "wordlm/given_texts.h"
#include "wordlm/inspect.h"
#include "wordlm/inspect_page.h"

namespace wordlm {

using examples::say;

namespace {

constexpr std::size_t kUnits = 8;  // of each layer, where none are chosen

/// The units to show of each layer: those asked for, or the most varied.
std::vector<std::vector<std::int64_t>> units_of(const InspectOptions& options,
                                                std::span<const InspectedText> texts) {
  std::vector<std::vector<std::int64_t>> units;
  for (std::size_t layer = 0; layer < texts.front().layers.size(); ++layer) {
    units.push_back(options.units.empty() ? varied_units(texts, layer, kUnits) : options.units);
  }
  return units;
}

void check_units(const InspectOptions& options, std::int64_t hidden) {
  for (const std::int64_t unit : options.units) {
    if (unit < hidden) continue;
    unroll::fail<unroll::Error>("--units: no unit {}; the layers of {} have units 0 to {}", unit,
                                options.load, hidden - 1);
  }
}

InspectedModel model_of(const Checkpoint& checkpoint, const std::string& name) {
  const ModelSettings& s = checkpoint.settings.model;
  const Tokens tokens = checkpoint.settings.text.tokens;
  return {
      .name = name,
      .description = fmt::format("{} of {} x {}, {} parameters; {} {}s", s.cell, s.layers, s.hidden,
                                 examples::grouped(checkpoint.model->parameters().size()),
                                 examples::grouped(checkpoint.model->words()), unit_of(tokens)),
      .equations = std::string(unroll::find_cell(s.cell).equations),
      .words = checkpoint.model->words(),
      .is_characters = tokens != Tokens::word};
}

}  // namespace

void run_inspect(const InspectOptions& options) {
  const std::array outputs{examples::NamedFile{"--output", options.output},
                           examples::NamedFile{"--view", options.view}};
  const examples::NamedFile input{"--load", options.load};
  examples::check_outputs(outputs, std::span(&input, 1));
  const Checkpoint checkpoint = load_best(options.load);
  check_units(options, checkpoint.settings.model.hidden);
  std::vector<InspectedText> texts;
  for_each_given_text(options.texts, "inspect", [&](const std::string& text) {
    texts.push_back(inspect(checkpoint, text));
    if (texts.size() == 1 && !options.view.empty()) write_tape(checkpoint, text, options.view);
  });
  const auto units = units_of(options, texts);
  unroll::write_file(options.output,
                     inspection_page(model_of(checkpoint, options.load), texts, units));
  say("{:>10}  {:>9}  {:>10}  {:>7}\n", "log p", "per word", "perplexity", "unknown");
  for (const InspectedText& text : texts) {
    say("{:10.3f}  {:9.3f}  {:10.2f}  {:7}\n", text.log_p,
        text.log_p / static_cast<double>(text.words.size()), text.perplexity(), text.unknown());
  }
  say("page: {}\n", options.output);
  if (!options.view.empty()) say("tape: {}\n", options.view);
}

}  // namespace wordlm
