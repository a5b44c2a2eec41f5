#include "caption/captioner_file.h"

#include "common/json.h"

namespace caption {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ModelSettings, embedding, hidden, every)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(DataSettings, data, test, scenes)

using unroll::IoError;

nlohmann::json describe(const Captioner& captioner, const DataSettings& data) {
  return {{"model", captioner.settings},
          {"scene", captioner.scene_size},
          {"words", captioner.words.words()},
          {"data", data}};
}

std::unique_ptr<Captioner> make_captioner(const examples::TrainedModel& file,
                                          const std::string& path) {
  return examples::read_description(path, "caption", [&] {
    const nlohmann::json& json = file.description;
    examples::check_whole_numbers(json.at("model"), ModelSettings());
    const auto settings = json.at("model").get<ModelSettings>();
    const auto scene = json.at("scene").get<std::int64_t>();
    examples::WordIds words(json.at("words").get<std::vector<std::string>>());
    // The tensors say how large the model is: settings that say otherwise must not ask for memory.
    const auto has = [&](const char* name, const unroll::Shape& shape) {
      const auto found = file.parameters.find(name);
      return found != file.parameters.end() && found->second.shape() == shape;
    };
    const bool fits = has("scene.W", {settings.embedding, scene}) &&
                      has("words.W", {words.size() + 1, settings.embedding}) &&
                      has("lstm.i.U", {settings.hidden, settings.hidden});
    if (!fits) unroll::fail<IoError>("{}: its tensors do not have the sizes it says", path);
    return std::make_unique<Captioner>(settings, scene, std::move(words), unroll::DType::f32,
                                       file.settings.seed);
  });
}

DataSettings data_of(const examples::TrainedModel& file, const std::string& path) {
  return examples::read_description(
      path, "caption", [&] { return file.description.at("data").get<DataSettings>(); });
}

std::unique_ptr<Captioner> load_captioner(const std::string& path, bool built_in) {
  const examples::TrainedModel file = examples::load_model(path, "caption");
  if (built_in && !data_of(file, path).data.empty()) {
    unroll::fail<unroll::Error>("{}: not trained on built-in scenes; --data names others", path);
  }
  auto captioner = make_captioner(file, path);
  file.use_best(captioner->parameters, path);
  return captioner;
}

}  // namespace caption
