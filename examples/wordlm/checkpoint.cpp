#include "wordlm/checkpoint.h"

#include <algorithm>
#include <cmath>
#include <new>
#include <nlohmann/json.hpp>

#include "common/json.h"
#include "wordlm/learning_rate.h"
#include "wordlm/make_optimizer.h"
#include "wordlm/ngram_file.h"

namespace wordlm {
namespace {

using nlohmann::json;
using unroll::fail;
using unroll::IoError;

constexpr const char* kSettings = "wordlm.settings";
constexpr const char* kVocabulary = "wordlm.vocabulary";
constexpr const char* kProgress = "wordlm.progress";
constexpr const char* kWords = "wordlm.words";
constexpr const char* kCounts = "wordlm.counts";
constexpr const char* kFormat = "wordlm.format";
constexpr const char* kThisFormat = "4";  // another number wherever older files read differently
constexpr std::string_view kOptimizer = "optimizer.";
constexpr std::string_view kBest = "best.";
constexpr std::string_view kState = "state.";

const std::string& text_of(const unroll::TensorFile& file, const char* key,
                           const std::string& path) {
  const auto found = file.metadata.find(key);
  if (found == file.metadata.end()) {
    fail<IoError>("{}: not a model of wordlm, its metadata has no '{}'", path, key);
  }
  return found->second;
}

std::int64_t whole_number_of(const unroll::TensorFile& file, const char* key,
                             const std::string& path) {
  const json number = json::parse(text_of(file, key, path));
  if (!number.is_number_integer()) fail<IoError>("{}: its '{}' is no whole number", path, key);
  return number.get<std::int64_t>();
}

void check_format(const unroll::TensorFile& file, const std::string& path) {
  if (holds_ngrams(file)) {
    fail<IoError>("{}: holds the n-grams of 'wordlm ngram', expected a model of 'wordlm train'",
                  path);
  }
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
  const TrainingSettings& s = settings.training;
  check_numbers(settings.text, path);
  const bool sound = s.batch >= 1 && s.bptt >= 0 && s.epochs >= 0 && s.clip >= 0 &&
                     s.clip_value >= 0 && s.weight_decay >= 0 && s.dropout >= 0 && s.dropout < 1 &&
                     s.warm_up >= 0 && s.hold >= 0 && s.factor >= 0 && s.factor <= 1 &&
                     s.patience >= 0 && settings.model.sampled >= 1 && p.best_epoch >= 0 &&
                     p.learning_rate > 0 && p.epoch >= 0 && p.batch >= 0 && p.step >= 0 &&
                     p.since_best >= 0 && p.running_words >= 0 && p.unknown_words >= 0 &&
                     is_finite({p.learning_rate, p.last_loss, p.best_loss, p.running_loss,
                                p.running_norms, s.learning_rate, s.clip, s.clip_value,
                                s.weight_decay, settings.model.forget_bias});
  if (!sound) fail<IoError>("{}: its settings hold a number out of range", path);
}

/// The tensors say how large the model is. Settings that say otherwise must not ask for memory.
void check_sizes(const ModelSettings& s, std::int64_t words, const unroll::TensorFile& file,
                 const std::string& path) {
  const auto matches = [&](const std::string& name, const unroll::Shape& shape) {
    const auto found = file.tensors.find(name);
    return found != file.tensors.end() && found->second.shape() == shape;
  };
  if (s.layers < 1 || s.layers > static_cast<std::int64_t>(file.tensors.size()) || words < 1 ||
      s.hidden < 1 || s.embedding < 0 || s.order < 0 || s.order == 1 || s.order > 1000 ||
      !std::ranges::all_of(output_shapes(s, words),
                           [&](const auto& one) { return matches(one.first, one.second); }) ||
      (s.embedding > 0 && !matches("embedding.W", {words, s.embedding}))) {
    fail<IoError>("{}: its tensors do not have the sizes that its settings say", path);
  }
}

/// The counts that an output layer is made by.
std::vector<std::int64_t> counts_of(const unroll::TensorFile& file, const Settings& settings,
                                    const std::string& path) {
  if (settings.model.output == "full") return {};
  const json counts = json::parse(text_of(file, kCounts, path));
  const auto is_count = [](const json& count) { return count.is_number_unsigned(); };
  if (!counts.is_array() || !std::ranges::all_of(counts, is_count)) {
    fail<IoError>("{}: its '{}' are no list of whole numbers", path, kCounts);
  }
  return counts.get<std::vector<std::int64_t>>();
}

void put_state(unroll::TensorFile& file, const Checkpoint& checkpoint) {
  for (const auto& [name, tensor] : checkpoint.optimizer->state()) {
    file.tensors.emplace(fmt::format("{}{}", kOptimizer, name), tensor);
  }
  for (const auto& [name, tensor] : checkpoint.best) {
    file.tensors.emplace(fmt::format("{}{}", kBest, name), tensor);
  }
  if (!checkpoint.state) return;
  const std::vector<unroll::Tensor>& values = checkpoint.state->values;
  for (std::size_t i = 0; i < values.size(); ++i) {
    file.tensors.emplace(fmt::format("{}{}", kState, i), values[i]);
  }
}

/// The tensors whose names begin with a prefix, by the rest of their names.
std::map<std::string, unroll::Tensor> tensors_below(std::string_view prefix,
                                                    const unroll::TensorFile& file) {
  std::map<std::string, unroll::Tensor> tensors;
  for (const auto& [name, tensor] : file.tensors) {
    if (name.starts_with(prefix)) tensors.emplace(name.substr(prefix.size()), tensor);
  }
  return tensors;
}

void take_optimizer_state(const unroll::TensorFile& file, Checkpoint& checkpoint) {
  const auto state = tensors_below(kOptimizer, file);
  if (!state.empty()) checkpoint.optimizer->restore(checkpoint.model->parameters(), state);
}

/// Sets the model's parameters: first the best, to see that they can be, then its own.
void take_parameters(const unroll::TensorFile& file, Checkpoint& checkpoint,
                     const std::string& path) {
  checkpoint.best = tensors_below(kBest, file);
  const unroll::Parameters& parameters = checkpoint.model->parameters();
  if (!checkpoint.best.empty()) {
    unroll::set_parameters(parameters, {checkpoint.best}, path + ": of the best epoch");
  }
  unroll::set_parameters(parameters, file, path);
}

/// The carried state, in the middle of an epoch of running text.
void take_carried_state(const unroll::TensorFile& file, Checkpoint& checkpoint,
                        const std::string& path) {
  if (!checkpoint.settings.text.running || checkpoint.progress.batch == 0) return;
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
                                   best_loss, since_best, best_epoch, running_loss, running_words,
                                   running_norms, unknown_words, data, measured)

void check_numbers(const TextSettings& text, const std::string& path) {
  const bool sound = text.comments >= 1 && text.limit >= 0 && text.min_count >= 0 &&
                     text.held_out >= 0 && text.held_out <= 0.5;
  if (!sound) fail<IoError>("{}: its settings hold a number out of range", path);
}

Checkpoint new_checkpoint(const Settings& settings, Vocabulary vocabulary, std::int64_t words,
                          std::vector<std::int64_t> counts) {
  Progress progress;
  progress.learning_rate = settings.training.learning_rate;
  auto model = std::make_shared<Model>(settings, words, counts);
  return {settings,
          std::move(vocabulary),
          progress,
          std::move(counts),
          std::move(model),
          make_optimizer(settings.training),
          {},
          std::nullopt};
}

void save_checkpoint(const std::string& path, const Checkpoint& checkpoint) {
  unroll::TensorFile file;
  file.tensors = unroll::tensors_of(checkpoint.model->parameters());
  file.metadata[kSettings] = to_json(checkpoint.settings);
  file.metadata[kVocabulary] = words_to_json(checkpoint.vocabulary);
  file.metadata[kProgress] = json(checkpoint.progress).dump();
  file.metadata[kWords] = std::to_string(checkpoint.model->words());
  file.metadata[kFormat] = kThisFormat;
  if (!checkpoint.counts.empty()) file.metadata[kCounts] = json(checkpoint.counts).dump();
  put_state(file, checkpoint);
  unroll::save_safetensors(path, file);
}

Checkpoint load_checkpoint(const std::string& path) {
  return checkpoint_of(unroll::load_safetensors(path), path);
}

Checkpoint checkpoint_of(const unroll::TensorFile& file, const std::string& path) {
  try {
    check_format(file, path);
    if (!file.checked) fail<IoError>("{}: is damaged, its checksums are missing", path);
    const Settings settings = settings_from_json(text_of(file, kSettings, path), path);
    const Units units = settings.text.units();
    Vocabulary vocabulary(words_from_json(text_of(file, kVocabulary, path), units), units);
    const json standing = json::parse(text_of(file, kProgress, path));
    examples::check_whole_numbers(standing, Progress());
    const auto progress = standing.get<Progress>();
    const std::int64_t words = whole_number_of(file, kWords, path);
    if (words < vocabulary.size()) {
      fail<IoError>("{}: a model of {} words with a vocabulary of {}", path, words,
                    vocabulary.size());
    }
    check_numbers(settings, progress, path);
    check(settings);
    check_sizes(settings.model, words, file, path);
    (void)learning_rate(settings.training, progress);
    Checkpoint checkpoint =
        new_checkpoint(settings, std::move(vocabulary), words, counts_of(file, settings, path));
    checkpoint.progress = progress;
    take_parameters(file, checkpoint, path);
    take_optimizer_state(file, checkpoint);
    take_carried_state(file, checkpoint, path);
    return checkpoint;
  } catch (const json::exception& error) {
    fail<IoError>("{}: its metadata cannot be read: {}", path, error.what());
  } catch (const std::logic_error& error) {  // a vocabulary, cell or size that makes no model
    fail<IoError>("{}: not a model of wordlm: {}", path, error.what());
  }
}

void use_best(Checkpoint& checkpoint) {
  if (checkpoint.best.empty()) return;
  unroll::set_parameters(checkpoint.model->parameters(), {checkpoint.best}, "the best weights");
}

Checkpoint load_best(const std::string& path) {
  return best_of(unroll::load_safetensors(path), path);
}

Checkpoint best_of(const unroll::TensorFile& file, const std::string& path) {
  Checkpoint checkpoint = checkpoint_of(file, path);
  use_best(checkpoint);
  return checkpoint;
}

}  // namespace wordlm
