#include "tagger/tagger_file.h"

#include "common/json.h"

namespace tagger {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ModelSettings, embedding, hidden, characters, dropout)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(DataSettings, data, test, sentences)

nlohmann::json describe(const Tagger& tagger, const DataSettings& data) {
  return {{"model", tagger.settings},
          {"words", tagger.alphabet.words.words()},
          {"characters", tagger.alphabet.characters.words()},
          {"tags", tagger.tags},
          {"data", data}};
}

std::unique_ptr<Tagger> make_tagger(const examples::TrainedModel& file, const std::string& path) {
  return examples::read_description(path, "tagger", [&] {
    const nlohmann::json& json = file.description;
    examples::check_whole_numbers(json.at("model"), ModelSettings());
    const auto settings = json.at("model").get<ModelSettings>();
    const auto words_of = [&](const char* name) {
      return examples::WordIds(json.at(name).get<std::vector<std::string>>());
    };
    Alphabet alphabet{words_of("words"), words_of("characters")};
    auto tags = json.at("tags").get<std::vector<std::string>>();
    // The tensors say how large the model is: settings that say otherwise must not ask for memory.
    const std::array expected = {
        std::pair("words.W", unroll::Shape{alphabet.words.size(), settings.embedding}),
        std::pair("out.W", unroll::Shape{std::ssize(tags), 2 * settings.hidden}),
        std::pair("characters.W", unroll::Shape{alphabet.characters.size(), settings.characters})};
    for (const auto& [name, shape] : expected) {
      if (settings.characters == 0 && std::string_view(name) == "characters.W") continue;
      const auto found = file.parameters.find(name);
      if (found != file.parameters.end() && found->second.shape() == shape) continue;
      unroll::fail<unroll::IoError>("{}: its tensors do not have the sizes it says", path);
    }
    return std::make_unique<Tagger>(settings, std::move(alphabet), std::move(tags),
                                    unroll::DType::f32, file.settings.seed);
  });
}

DataSettings data_of(const examples::TrainedModel& file, const std::string& path) {
  return examples::read_description(
      path, "tagger", [&] { return file.description.at("data").get<DataSettings>(); });
}

std::unique_ptr<Tagger> load_tagger(const std::string& path, bool built_in) {
  const examples::TrainedModel file = examples::load_model(path, "tagger");
  if (built_in && !data_of(file, path).data.empty()) {
    unroll::fail<unroll::Error>("{}: not trained on built-in sentences; --data names others", path);
  }
  auto tagger = make_tagger(file, path);
  file.use_best(tagger->parameters, path);
  return tagger;
}

}  // namespace tagger
