#include <unroll/core/safetensors.h>

#include <cmath>

#include "common/json.h"
#include "common/training.h"

namespace examples {
namespace {

using nlohmann::json;
using unroll::fail;
using unroll::IoError;
using Tensors = std::map<std::string, unroll::Tensor>;

constexpr const char* kProgram = "unroll.program";
constexpr const char* kModel = "unroll.model";
constexpr std::string_view kOptimizer = "optimizer.";
constexpr std::string_view kBest = "best.";

void add(unroll::TensorFile& file, std::string_view prefix, const Tensors& tensors) {
  for (const auto& [name, tensor] : tensors) {
    file.tensors.emplace(fmt::format("{}{}", prefix, name), tensor);
  }
}

void check_numbers(const TrainedModel& model, const std::string& path) {
  const auto& [epochs, batch, optimizer, rate, decay, clip, patience, seed] = model.settings;
  const TrainingProgress& p = model.progress;
  const bool sound = epochs >= 0 && batch >= 1 && rate > 0 && std::isfinite(rate) && decay >= 0 &&
                     clip >= 0 && patience >= 0 && p.epoch >= 0 && p.batch >= 0 && p.step >= 0 &&
                     p.since_best >= 0 && p.best_epoch >= 0 && std::isfinite(p.loss);
  if (!sound) fail<IoError>("{}: its settings hold a number out of range", path);
}

}  // namespace

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(TrainingProgress, epoch, batch, step, loss, best_score,
                                   best_epoch, since_best, examples, measured, losses, scores)

void TrainedModel::use_best(const unroll::Parameters& model, const std::string& path) const {
  unroll::set_parameters(model, {best.empty() ? parameters : best}, path);
}

void save_model(const std::string& path, const std::string& program, const TrainedModel& model) {
  unroll::TensorFile file;
  file.tensors = model.parameters;
  add(file, kOptimizer, model.optimizer);
  add(file, kBest, model.best);
  file.metadata[kProgram] = program;
  file.metadata[kModel] = json{
      {"description", model.description},
      {"settings", model.settings},
      {"progress",
       model.progress}}.dump();
  unroll::save_safetensors(path, file);
}

TrainedModel load_model(const std::string& path, const std::string& program) {
  unroll::TensorFile file = unroll::load_safetensors(path);
  const auto whose = file.metadata.find(kProgram);
  const auto found = file.metadata.find(kModel);
  if (whose == file.metadata.end() || whose->second != program || found == file.metadata.end()) {
    fail<IoError>("{}: not a model of {}", path, program);
  }
  if (!file.checked) fail<IoError>("{}: is damaged, its checksums are missing", path);
  TrainedModel model;
  try {
    json all = json::parse(found->second);
    all.at("progress").emplace("measured", 0);  // older files have none
    check_whole_numbers(all.at("settings"), TrainingSettings());
    check_whole_numbers(all.at("progress"), TrainingProgress());
    model.description = all.at("description");
    model.settings = all.at("settings").get<TrainingSettings>();
    model.progress = all.at("progress").get<TrainingProgress>();
  } catch (const std::exception& error) {
    fail<IoError>("{}: its metadata cannot be read: {}", path, error.what());
  }
  check_numbers(model, path);
  for (auto& [name, tensor] : file.tensors) {
    if (name.starts_with(kOptimizer)) {
      model.optimizer.emplace(name.substr(kOptimizer.size()), std::move(tensor));
    } else if (name.starts_with(kBest)) {
      model.best.emplace(name.substr(kBest.size()), std::move(tensor));
    } else {
      model.parameters.emplace(name, std::move(tensor));
    }
  }
  return model;
}

}  // namespace examples
