#include "wordlm/checkpoint.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <new>
#include <nlohmann/json.hpp>

#include "wordlm/learning_rate.h"
#include "wordlm/make_optimizer.h"

namespace wordlm {
namespace {

using nlohmann::json;
using unroll::fail;
using unroll::IoError;

constexpr const char* kSettings = "wordlm.settings";
constexpr const char* kVocabulary = "wordlm.vocabulary";
constexpr const char* kProgress = "wordlm.progress";
constexpr const char* kWords = "wordlm.words";
constexpr const char* kFormat = "wordlm.format";
constexpr const char* kThisFormat = "2";  // another number wherever older files read differently
constexpr std::string_view kOptimizer = "optimizer.";
constexpr std::string_view kState = "state.";

const std::string& text_of(const unroll::TensorFile& file, const char* key,
                           const std::string& path) {
  const auto found = file.metadata.find(key);
  if (found == file.metadata.end()) {
    fail<IoError>("{}: not a model of wordlm, its metadata has no '{}'", path, key);
  }
  return found->second;
}

void check_format(const unroll::TensorFile& file, const std::string& path) {
  (void)text_of(file, kSettings, path);  // what has none is no model, of whatever age
  const auto found = file.metadata.find(kFormat);
  const std::string format = found == file.metadata.end() ? "1" : found->second;
  if (format != kThisFormat) {
    fail<IoError>("{}: a model in format {} of another version of wordlm, this one reads format {}",
                  path, format, kThisFormat);
  }
}

/// Numbers that no training can have written would make it crash, or never end.
void check_numbers(const Settings& settings, const Progress& p, const std::string& path) {
  const auto is_finite = [](std::initializer_list<double> numbers) {
    return std::all_of(numbers.begin(), numbers.end(), [](double x) { return std::isfinite(x); });
  };
  const auto is_part = [](double x, double most) { return x >= 0 && x <= most; };
  const TextSettings& text = settings.text;
  const TrainingSettings& s = settings.training;
  const bool sound =
      text.comments >= 1 && text.limit >= 0 && is_part(text.held_out, 0.5) && s.batch >= 1 &&
      s.bptt >= 0 && s.epochs >= 0 && s.clip >= 0 && s.clip_value >= 0 && s.weight_decay >= 0 &&
      s.dropout >= 0 && s.dropout < 1 && s.warm_up >= 0 && s.hold >= 0 && is_part(s.factor, 1) &&
      s.patience >= 0 && p.learning_rate > 0 && p.epoch >= 0 && p.batch >= 0 && p.step >= 0 &&
      p.since_best >= 0 && p.running_words >= 0 &&
      is_finite({p.learning_rate, p.last_loss, p.best_loss, p.running_loss, s.learning_rate, s.clip,
                 s.clip_value, s.weight_decay, settings.model.forget_bias});
  if (!sound) fail<IoError>("{}: its settings hold a number out of range", path);
}

/// The tensors say how large the model is. Settings that say otherwise must not ask for memory.
void check_sizes(const ModelSettings& s, std::int64_t words, const unroll::TensorFile& file,
                 const std::string& path) {
  const auto matches = [&](const char* name, const unroll::Shape& shape) {
    const auto found = file.tensors.find(name);
    return found != file.tensors.end() && found->second.shape() == shape;
  };
  if (s.layers < 1 || s.layers > static_cast<std::int64_t>(file.tensors.size()) || words < 1 ||
      s.hidden < 1 || s.embedding < 0 || (!s.tie && !matches("output.W", {words, s.hidden})) ||
      (s.embedding > 0 && !matches("embedding.W", {words, s.embedding}))) {
    fail<IoError>("{}: its tensors do not have the sizes that its settings say", path);
  }
}

void put_state(unroll::TensorFile& file, const Checkpoint& checkpoint) {
  for (const auto& [name, tensor] : checkpoint.optimizer->state()) {
    file.tensors.emplace(fmt::format("{}{}", kOptimizer, name), tensor);
  }
  if (!checkpoint.state) return;
  const std::vector<unroll::Tensor>& values = checkpoint.state->values;
  for (std::size_t i = 0; i < values.size(); ++i) {
    file.tensors.emplace(fmt::format("{}{}", kState, i), values[i]);
  }
}

void take_optimizer_state(const unroll::TensorFile& file, Checkpoint& checkpoint) {
  std::map<std::string, unroll::Tensor> state;
  for (const auto& [name, tensor] : file.tensors) {
    if (name.starts_with(kOptimizer)) state.emplace(name.substr(kOptimizer.size()), tensor);
  }
  if (!state.empty()) checkpoint.optimizer->restore(checkpoint.model->parameters(), state);
}

/// The carried state, in the middle of an epoch of running text.
void take_carried_state(const unroll::TensorFile& file, Checkpoint& checkpoint,
                        const std::string& path) {
  if (!checkpoint.settings.text.is_running() || checkpoint.progress.batch == 0) return;
  unroll::Tape tape(checkpoint.model->parameters().dtype());
  auto state = unroll::carry(checkpoint.model->start(tape, checkpoint.settings.training.batch));
  for (std::size_t i = 0; i < state.values.size(); ++i) {
    const auto found = file.tensors.find(fmt::format("{}{}", kState, i));
    if (found == file.tensors.end() || found->second.shape() != state.values[i].shape()) {
      fail<IoError>("{}: the state it was interrupted in is not that of {} streams", path,
                    checkpoint.settings.training.batch);
    }
    state.values[i] = found->second.to(tape.dtype());
  }
  checkpoint.state = std::move(state);
}

}  // namespace

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Progress, epoch, batch, step, learning_rate, last_loss,
                                   best_loss, since_best, running_loss, running_words, data)

Checkpoint new_checkpoint(const Settings& settings, Vocabulary vocabulary, std::int64_t words) {
  Progress progress;
  progress.learning_rate = settings.training.learning_rate;
  return {settings,
          std::move(vocabulary),
          progress,
          std::make_shared<Model>(settings, words),
          make_optimizer(settings.training),
          std::nullopt};
}

void save_checkpoint(const std::string& path, const Checkpoint& checkpoint) {
  unroll::TensorFile file;
  file.tensors = unroll::tensors_of(checkpoint.model->parameters());
  file.metadata[kSettings] = to_json(checkpoint.settings);
  file.metadata[kVocabulary] = json(checkpoint.vocabulary.words()).dump();
  file.metadata[kProgress] = json(checkpoint.progress).dump();
  file.metadata[kWords] = std::to_string(checkpoint.model->words());
  file.metadata[kFormat] = kThisFormat;
  put_state(file, checkpoint);
  unroll::save_safetensors(path, file);
}

void check_can_save(const std::string& path, const std::string& data) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) {
    fail<IoError>("{}: cannot be written, it is a directory", path);
  }
  if (fs::exists(path, ignored) && !fs::is_regular_file(path, ignored)) {
    fail<IoError>("{}: cannot be written, it is not a plain file", path);
  }
  const fs::path parent = fs::path(path).parent_path();
  const std::string folder = parent.empty() ? "." : parent.string();
  if (!fs::is_directory(folder, ignored)) {
    fail<IoError>("{}: cannot be written, there is no directory {}", path, folder);
  }
  if (::access(folder.c_str(), W_OK) != 0) {
    fail<IoError>("{}: cannot be written, nor anything else in {} ({})", path, folder,
                  std::strerror(errno));
  }
  if (!data.empty() && fs::equivalent(path, data, ignored)) {
    fail<IoError>("{}: is the text to train on and would be overwritten", path);
  }
}

Checkpoint load_checkpoint(const std::string& path) {
  const unroll::TensorFile file = unroll::load_safetensors(path);
  try {
    check_format(file, path);
    const Settings settings = settings_from_json(text_of(file, kSettings, path), path);
    Vocabulary vocabulary(
        json::parse(text_of(file, kVocabulary, path)).get<std::vector<std::string>>(),
        settings.text.reading);
    const auto progress = json::parse(text_of(file, kProgress, path)).get<Progress>();
    const auto words = json::parse(text_of(file, kWords, path)).get<std::int64_t>();
    if (words < vocabulary.size()) {
      fail<IoError>("{}: a model of {} words with a vocabulary of {}", path, words,
                    vocabulary.size());
    }
    check_numbers(settings, progress, path);
    check_sizes(settings.model, words, file, path);
    check(settings);
    (void)learning_rate(settings.training, progress);
    Checkpoint checkpoint = new_checkpoint(settings, std::move(vocabulary), words);
    checkpoint.progress = progress;
    unroll::set_parameters(checkpoint.model->parameters(), file, path);
    take_optimizer_state(file, checkpoint);
    take_carried_state(file, checkpoint, path);
    return checkpoint;
  } catch (const json::exception& error) {
    fail<IoError>("{}: its metadata cannot be read: {}", path, error.what());
  } catch (const std::logic_error& error) {  // a vocabulary, cell or size that makes no model
    fail<IoError>("{}: not a model of wordlm: {}", path, error.what());
  }
}

}  // namespace wordlm
