#include "ctc/speller_file.h"

#include <algorithm>
#include <cmath>

#include "common/json.h"

namespace ctc {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ModelSettings, hidden)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Normalization, mean, deviation)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(DataSettings, data, test, signals)

namespace {

using unroll::IoError;

bool is_sound(const Normalization& n) {
  return !n.mean.empty() && n.mean.size() == n.deviation.size() &&
         std::ranges::all_of(n.mean, [](double x) { return std::isfinite(x); }) &&
         std::ranges::all_of(n.deviation, [](double x) { return std::isfinite(x) && x > 0; });
}

}  // namespace

nlohmann::json describe(const Speller& speller, const DataSettings& data) {
  return {{"model", speller.settings},
          {"normalization", speller.normalization},
          {"names", speller.names},
          {"data", data}};
}

std::unique_ptr<Speller> make_speller(const examples::TrainedModel& file, const std::string& path) {
  return examples::read_description(path, "ctc", [&] {
    const nlohmann::json& json = file.description;
    examples::check_whole_numbers(json.at("model"), ModelSettings());
    const auto settings = json.at("model").get<ModelSettings>();
    auto normalization = json.at("normalization").get<Normalization>();
    auto names = json.at("names").get<std::vector<std::string>>();
    // The tensors say how large the model is: settings that say otherwise must not ask for memory.
    const auto W = file.parameters.find("forward.i.W");
    const auto out = file.parameters.find("out.b");
    const bool fits =
        is_sound(normalization) && names.size() >= 2 && W != file.parameters.end() &&
        out != file.parameters.end() &&
        W->second.shape() == unroll::Shape{settings.hidden, std::ssize(normalization.mean)} &&
        out->second.shape() == unroll::Shape{std::ssize(names)};
    if (!fits) unroll::fail<IoError>("{}: its tensors do not have the sizes it says", path);
    return std::make_unique<Speller>(settings, std::move(normalization), std::move(names),
                                     unroll::DType::f32, file.settings.seed);
  });
}

DataSettings data_of(const examples::TrainedModel& file, const std::string& path) {
  return examples::read_description(
      path, "ctc", [&] { return file.description.at("data").get<DataSettings>(); });
}

std::unique_ptr<Speller> load_speller(const std::string& path, bool built_in) {
  const examples::TrainedModel file = examples::load_model(path, "ctc");
  if (built_in && !data_of(file, path).data.empty()) {
    unroll::fail<unroll::Error>("{}: not trained on built-in signals; --data names others", path);
  }
  auto speller = make_speller(file, path);
  file.use_best(speller->parameters, path);
  return speller;
}

}  // namespace ctc
