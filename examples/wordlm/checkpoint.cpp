#include "wordlm/checkpoint.h"

#include <nlohmann/json.hpp>

namespace wordlm {
namespace {

using nlohmann::json;

constexpr const char* kSettings = "wordlm.settings";
constexpr const char* kVocabulary = "wordlm.vocabulary";
constexpr const char* kProgress = "wordlm.progress";

const std::string& text_of(const unroll::TensorFile& file, const char* key,
                           const std::string& path) {
  const auto found = file.metadata.find(key);
  if (found == file.metadata.end()) {
    unroll::fail<unroll::IoError>("{}: not a model of wordlm, its metadata has no '{}'", path, key);
  }
  return found->second;
}

}  // namespace

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Progress, epoch, batch, learning_rate, last_loss, running_loss,
                                   running_words, data)

void save_checkpoint(const std::string& path, const Checkpoint& checkpoint) {
  unroll::TensorFile file;
  file.tensors = unroll::tensors_of(checkpoint.model->parameters());
  file.metadata[kSettings] = to_json(checkpoint.settings);
  file.metadata[kVocabulary] = json(checkpoint.vocabulary.words()).dump();
  file.metadata[kProgress] = json(checkpoint.progress).dump();
  file.metadata["wordlm.words"] = std::to_string(checkpoint.model->words());
  unroll::save_safetensors(path, file);
}

Checkpoint load_checkpoint(const std::string& path) {
  const unroll::TensorFile file = unroll::load_safetensors(path);
  try {
    Checkpoint checkpoint{
        settings_from_json(text_of(file, kSettings, path), path),
        Vocabulary(json::parse(text_of(file, kVocabulary, path)).get<std::vector<std::string>>()),
        json::parse(text_of(file, kProgress, path)).get<Progress>(), nullptr};
    const std::int64_t words = std::stoll(text_of(file, "wordlm.words", path));
    if (words < checkpoint.vocabulary.size()) {
      unroll::fail<unroll::IoError>("{}: a model of {} words with a vocabulary of {}", path, words,
                                    checkpoint.vocabulary.size());
    }
    checkpoint.model = std::make_shared<Model>(checkpoint.settings, words);
    unroll::set_parameters(checkpoint.model->parameters(), file, path);
    return checkpoint;
  } catch (const json::exception& error) {
    unroll::fail<unroll::IoError>("{}: its metadata cannot be read: {}", path, error.what());
  } catch (const std::logic_error& error) {  // a vocabulary, cell or size that makes no model
    unroll::fail<unroll::IoError>("{}: not a model of wordlm: {}", path, error.what());
  }
}

}  // namespace wordlm
