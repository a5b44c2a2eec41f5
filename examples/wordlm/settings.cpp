#include "wordlm/settings.h"

#include <unroll/core/error.h>

#include <fmt/ranges.h>
#include <algorithm>

#include <array>
#include <nlohmann/json.hpp>

#include "common/json.h"
#include "text/input.h"
#include "wordlm/text_format.h"

namespace wordlm {

using text::kStandardInput;

// Found by nlohmann::json: the name of tokens stands for them.
void to_json(nlohmann::json& json, Tokens tokens) {
  json = kTokenNames.at(static_cast<std::size_t>(tokens));
}
void from_json(const nlohmann::json& json, Tokens& tokens) {
  const auto name = json.get<std::string>();
  const auto* const found = std::ranges::find(kTokenNames, name);
  if (found == kTokenNames.end()) unroll::fail<unroll::Error>("there are no tokens '{}'", name);
  tokens = static_cast<Tokens>(found - kTokenNames.begin());
}

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(TextSettings, tokens, running, plain, keep_case, data, format,
                                   column, preferred, delimiter, skip_bad_rows, valid, test,
                                   comments, limit, vocabulary, min_count, held_out)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ModelSettings, order, cell, hidden, layers, embedding, output,
                                   sampled, tie, bias, forget_bias, initial, double_precision)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(TrainingSettings, epochs, batch, bptt, shuffle, dropout,
                                   optimizer, learning_rate, weight_decay, clip, clip_value,
                                   schedule, warm_up, hold, factor, patience)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Settings, text, model, training, seed)

std::string to_json(const Settings& settings) {
  // The name of a file may hold any bytes; JSON is UTF-8.
  return nlohmann::json(settings).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Settings settings_from_json(const std::string& json, const std::string& file) {
  try {
    auto object = nlohmann::json::parse(json);
    // A file from before there was a choice has the full softmax.
    if (object.contains("model") && object["model"].is_object()) {
      object["model"].emplace("output", ModelSettings().output);
      object["model"].emplace("sampled", ModelSettings().sampled);
    }
    examples::check_whole_numbers(object, Settings());
    return object.get<Settings>();
  } catch (const nlohmann::json::exception& error) {
    unroll::fail<unroll::IoError>("{}: its settings cannot be read: {}", file, error.what());
  }
}

void check(const TextSettings& text) {
  using unroll::Error;
  using unroll::fail;
  if (!text.format.empty() && std::ranges::find(kFormats, text.format) == kFormats.end()) {
    fail<Error>("there is no format '{}' of texts", text.format);
  }
  const auto inputs = std::ranges::count(text.data, kStandardInput) +
                      (text.valid == kStandardInput ? 1 : 0) +
                      (text.test == kStandardInput ? 1 : 0);
  if (inputs > 1) fail<Error>("standard input, '-', can be read only once");
  if (text.running && text.limit > 0) {
    fail<Error>("--first counts sentences; running text is read from its beginning to its end");
  }
  if (text.plain && !text.running) {
    fail<Error>("--read text is running text: it goes with --stream or --chars");
  }
  if (text.keep_case && text.tokens != Tokens::word) {
    fail<Error>("--keep-case is for words; a {} keeps its case anyway", unit_of(text.tokens));
  }
  const bool knows_all = text.tokens == Tokens::byte ||
                         (text.tokens == Tokens::character && text.units().has_line_feeds());
  if (knows_all && text.vocabulary > 0) {
    fail<Error>("every {} there is is read; --vocabulary cannot leave any out",
                unit_of(text.tokens));
  }
  if ((knows_all || text.tokens == Tokens::bpe) && text.min_count > 0) {
    fail<Error>("--min-count is for words; a {} is never unknown", unit_of(text.tokens));
  }
}

void check(const Settings& settings) {
  const auto& [text, model, training, seed] = settings;
  using unroll::Error;
  using unroll::fail;
  check(text);
  if (std::ranges::find(kOutputs, model.output) == kOutputs.end()) {
    fail<Error>("no output '{}'; there are: {}", model.output, fmt::join(kOutputs, ", "));
  }
  if (model.tie && model.embedding == 0) {
    fail<Error>("--tie makes the word vectors the output's weights; --embedding 0 has none");
  }
  if (model.tie && model.embedding != model.hidden) {
    fail<Error>(
        "--tie makes the word vectors the output's weights: --embedding {} and --hidden {} have to "
        "be the same",
        model.embedding, model.hidden);
  }
  if (model.tie && model.output != "full" && model.output != "sampled") {
    fail<Error>(
        "--tie makes the word vectors the output's weights: it goes with --output full or sampled, "
        "not {}",
        model.output);
  }
  if (model.is_window() && (model.layers != 1 || model.embedding == 0 || model.tie)) {
    fail<Error>(
        "--model window is one layer over word vectors: without --layers, --embedding 0 and --tie");
  }
  if (text.running && training.bptt < 1) {
    fail<Error>("running text is read in pieces of --bptt steps: {} steps are too few",
                training.bptt);
  }
  if (!text.running && training.dropout > 0 && training.bptt > 0) {
    fail<Error>(
        "--dropout and --bptt go together only with --stream: cut at every word, a sentence has no "
        "one mask");
  }
  if (training.schedule == "step" && training.hold < 1) {
    fail<Error>("--schedule step multiplies every --hold epochs: {} are too few", training.hold);
  }
}

}  // namespace wordlm
