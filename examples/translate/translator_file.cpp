#include "translate/translator_file.h"

#include <algorithm>
#include <array>

#include "common/json.h"

namespace translate {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ModelSettings, cell, embedding, hidden, layers, separate,
                                   feed_context, both_ways, reverse, attention, dropout)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(DataSettings, paths, test, pairs, longest)

namespace {

using unroll::IoError;

/// Whether the tensors of a file are as large as its settings say: those that say otherwise must
/// not ask for memory.
bool fits(const examples::TrainedModel& file, const ModelSettings& s, std::int64_t source,
          std::int64_t target) {
  constexpr std::array kCells = {"rnn", "gru", "lstm"};
  constexpr std::array kAttentions = {"none", "additive", "dot", "general"};
  const auto has = [&](const char* name, const unroll::Shape& shape) {
    const auto found = file.parameters.find(name);
    return found != file.parameters.end() && found->second.shape() == shape;
  };
  return std::ranges::count(kCells, s.cell) == 1 &&
         std::ranges::count(kAttentions, s.attention) == 1 && s.layers >= 1 && s.layers <= 100 &&
         s.dropout >= 0 && s.dropout < 1 && has("source.W", {source, s.embedding}) &&
         has("out.W", {target + 1, s.hidden});
}

}  // namespace

nlohmann::json describe(const Translator& translator, const DataSettings& data) {
  return {{"model", translator.settings},
          {"source", translator.source.words()},
          {"target", translator.target.words()},
          {"data", data}};
}

std::unique_ptr<Translator> make_translator(const examples::TrainedModel& file,
                                            const std::string& path) {
  return examples::read_description(path, "translate", [&] {
    const nlohmann::json& json = file.description;
    examples::check_whole_numbers(json.at("model"), ModelSettings());
    const auto settings = json.at("model").get<ModelSettings>();
    examples::WordIds source(json.at("source").get<std::vector<std::string>>());
    examples::WordIds target(json.at("target").get<std::vector<std::string>>());
    if (!fits(file, settings, source.size(), target.size())) {
      unroll::fail<IoError>("{}: its tensors do not have the sizes it says", path);
    }
    return std::make_unique<Translator>(settings, std::move(source), std::move(target),
                                        unroll::DType::f32, file.settings.seed);
  });
}

DataSettings data_of(const examples::TrainedModel& file, const std::string& path) {
  return examples::read_description(
      path, "translate", [&] { return file.description.at("data").get<DataSettings>(); });
}

std::unique_ptr<Translator> load_translator(const std::string& path, bool built_in) {
  const examples::TrainedModel file = examples::load_model(path, "translate");
  if (built_in && !data_of(file, path).paths.empty()) {
    unroll::fail<unroll::Error>("{}: not trained on built-in pairs; --data names others", path);
  }
  auto translator = make_translator(file, path);
  file.use_best(translator->parameters, path);
  return translator;
}

}  // namespace translate
