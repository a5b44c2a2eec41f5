#include <fmt/format.h>
#include <unroll/core/files.h>

#include <algorithm>
#include <array>

#include "common/numbers.h"
#include "common/output.h"
#include "common/outputs.h"
#include "text/given_texts.h"
#include "wordlm/commands.h"
#include "wordlm/inspect.h"
#include "wordlm/inspect_page.h"
#include "wordlm/tracking.h"

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

/// The best units of what can be counted in the texts, and says which they are.
std::vector<Tracking> print_tracking(std::span<const InspectedText> texts) {
  std::vector<std::vector<Quantity>> quantities;
  for (const InspectedText& text : texts) quantities.push_back(quantities_of(text));
  std::vector<Tracking> tracking = find_tracking(texts, quantities);
  if (!tracking.empty())
    say("\n{:>17}  {:>5}  {:>5}  {:>11}\n", "", "layer", "unit", "correlation");
  for (const Tracking& t : tracking) {
    say("{:>17}  {:>5}  {:>5}  {:>11.3f}{}\n", t.quantity, t.layer, t.unit, t.correlation,
        t.tracks() ? "  follows it" : "");
  }
  if (!tracking.empty()) say("\n");
  return tracking;
}

/// The units to show: those that follow something too.
void add_tracking(std::vector<std::vector<std::int64_t>>& units,
                  std::span<const Tracking> tracking) {
  for (const Tracking& t : tracking) {
    std::vector<std::int64_t>& shown = units[t.layer];
    if (t.tracks() && std::ranges::find(shown, t.unit) == shown.end()) shown.push_back(t.unit);
  }
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
  text::for_each_given_text(options.texts, "inspect", [&](const std::string& text) {
    texts.push_back(inspect(checkpoint, text));
    if (texts.size() == 1 && !options.view.empty()) write_tape(checkpoint, text, options.view);
  });
  say("{:>10}  {:>9}  {:>10}  {:>7}\n", "log p", "per word", "perplexity", "unknown");
  for (const InspectedText& text : texts) {
    say("{:10.3f}  {:9.3f}  {:10.2f}  {:7}\n", text.log_p,
        text.log_p / static_cast<double>(text.words.size()), text.perplexity(), text.unknown());
  }
  const std::vector<Tracking> tracking = print_tracking(texts);
  auto units = units_of(options, texts);
  add_tracking(units, tracking);
  unroll::write_file(options.output,
                     inspection_page(model_of(checkpoint, options.load), texts, units, tracking));
  say("page: {}\n", options.output);
  if (!options.view.empty()) say("tape: {}\n", options.view);
}

}  // namespace wordlm
