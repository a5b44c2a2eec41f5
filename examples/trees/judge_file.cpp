#include "trees/judge_file.h"

#include "common/json.h"

namespace trees {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ModelSettings, embedding, hidden, cell, dropout, binary)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(DataSettings, data, test, trees)

nlohmann::json describe(const Judge& judge, const DataSettings& data) {
  return {{"model", judge.settings}, {"words", judge.words.words()}, {"data", data}};
}

std::unique_ptr<Judge> make_judge(const examples::TrainedModel& file, const std::string& path) {
  return examples::read_description(path, "trees", [&] {
    const nlohmann::json& json = file.description;
    examples::check_whole_numbers(json.at("model"), ModelSettings());
    const auto settings = json.at("model").get<ModelSettings>();
    examples::WordIds words(json.at("words").get<std::vector<std::string>>());
    // The tensors say how large the model is: settings that say otherwise must not ask for memory.
    const auto E = file.parameters.find("words.W");
    const auto out = file.parameters.find("out.W");
    const bool fits =
        E != file.parameters.end() && out != file.parameters.end() &&
        E->second.shape() == unroll::Shape{words.size(), settings.embedding} &&
        out->second.shape() == unroll::Shape{settings.binary ? 2 : kLabels, settings.hidden};
    if (!fits) unroll::fail<unroll::IoError>("{}: its tensors do not have the sizes it says", path);
    return std::make_unique<Judge>(settings, std::move(words), unroll::DType::f32,
                                   file.settings.seed);
  });
}

DataSettings data_of(const examples::TrainedModel& file, const std::string& path) {
  return examples::read_description(
      path, "trees", [&] { return file.description.at("data").get<DataSettings>(); });
}

std::unique_ptr<Judge> load_judge(const std::string& path, bool built_in) {
  const examples::TrainedModel file = examples::load_model(path, "trees");
  if (built_in && !data_of(file, path).data.empty()) {
    unroll::fail<unroll::Error>("{}: not trained on built-in trees; --data names others", path);
  }
  auto judge = make_judge(file, path);
  file.use_best(judge->parameters, path);
  return judge;
}

}  // namespace trees
