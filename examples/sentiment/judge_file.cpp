#include "sentiment/judge_file.h"

#include "common/json.h"

namespace sentiment {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ModelSettings, embedding, hidden, both_ways, pooling, dropout)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(DataSettings, paths, test, column, label, reviews, fold)

using unroll::IoError;

nlohmann::json describe(const Judge& judge, const DataSettings& data) {
  return {{"model", judge.settings},
          {"words", judge.words.words()},
          {"labels", judge.labels},
          {"data", data}};
}

std::unique_ptr<Judge> make_judge(const examples::TrainedModel& file, const std::string& path) {
  return examples::read_description(path, "sentiment", [&] {
    const nlohmann::json& json = file.description;
    examples::check_whole_numbers(json.at("model"), ModelSettings());
    const auto settings = json.at("model").get<ModelSettings>();
    examples::WordIds words(json.at("words").get<std::vector<std::string>>());
    auto labels = json.at("labels").get<std::vector<std::string>>();
    // The tensors say how large the model is: settings that say otherwise must not ask for memory.
    const auto E = file.parameters.find("words.W");
    const auto out = file.parameters.find("out.b");
    const bool fits = E != file.parameters.end() && out != file.parameters.end() &&
                      E->second.shape() == unroll::Shape{words.size(), settings.embedding} &&
                      out->second.shape() == unroll::Shape{std::ssize(labels)} &&
                      settings.hidden >= 1 && settings.hidden <= 100000;
    if (!fits) unroll::fail<IoError>("{}: its tensors do not have the sizes it says", path);
    return std::make_unique<Judge>(settings, std::move(words), std::move(labels),
                                   unroll::DType::f32, file.settings.seed);
  });
}

DataSettings data_of(const examples::TrainedModel& file, const std::string& path) {
  return examples::read_description(
      path, "sentiment", [&] { return file.description.at("data").get<DataSettings>(); });
}

std::unique_ptr<Judge> load_judge(const std::string& path, bool built_in) {
  const examples::TrainedModel file = examples::load_model(path, "sentiment");
  if (built_in && !data_of(file, path).paths.empty()) {
    unroll::fail<unroll::Error>("{}: not trained on built-in reviews; --data names others", path);
  }
  auto judge = make_judge(file, path);
  file.use_best(judge->parameters, path);
  return judge;
}

}  // namespace sentiment
