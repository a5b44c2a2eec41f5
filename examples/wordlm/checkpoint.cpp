#include "wordlm/checkpoint.h"

#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <new>
#include <nlohmann/json.hpp>

namespace wordlm {
namespace {

using nlohmann::json;
using unroll::fail;
using unroll::IoError;

constexpr const char* kSettings = "wordlm.settings";
constexpr const char* kVocabulary = "wordlm.vocabulary";
constexpr const char* kProgress = "wordlm.progress";

const std::string& text_of(const unroll::TensorFile& file, const char* key,
                           const std::string& path) {
  const auto found = file.metadata.find(key);
  if (found == file.metadata.end()) {
    fail<IoError>("{}: not a model of wordlm, its metadata has no '{}'", path, key);
  }
  return found->second;
}

/// Numbers that no training can have written would make it crash, or never end.
void check_numbers(const Settings& s, const Progress& p, const std::string& path) {
  const bool sound = s.comments >= 1 && s.limit >= 0 && s.held_out >= 0 && s.held_out <= 0.5 &&
                     s.batch >= 1 && s.bptt >= 0 && s.epochs >= 0 && s.clip >= 0 &&
                     std::isfinite(p.learning_rate) && p.learning_rate > 0 && p.epoch >= 0 &&
                     p.batch >= 0 && p.running_words >= 0;
  if (!sound) fail<IoError>("{}: its settings hold a number out of range", path);
}

/// The tensors say how large the model is. Settings that say otherwise must not ask for memory.
void check_sizes(const Settings& s, std::int64_t words, const unroll::TensorFile& file,
                 const std::string& path) {
  const auto matches = [&](const char* name, const unroll::Shape& shape) {
    const auto found = file.tensors.find(name);
    return found != file.tensors.end() && found->second.shape() == shape;
  };
  if (s.layers < 1 || s.layers > static_cast<std::int64_t>(file.tensors.size()) || words < 1 ||
      s.hidden < 1 || s.embedding < 0 || !matches("output.W", {words, s.hidden}) ||
      (s.embedding > 0 && !matches("embedding.W", {words, s.embedding}))) {
    fail<IoError>("{}: its tensors do not have the sizes that its settings say", path);
  }
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
    Checkpoint checkpoint{
        settings_from_json(text_of(file, kSettings, path), path),
        Vocabulary(json::parse(text_of(file, kVocabulary, path)).get<std::vector<std::string>>()),
        json::parse(text_of(file, kProgress, path)).get<Progress>(), nullptr};
    const auto words = json::parse(text_of(file, "wordlm.words", path)).get<std::int64_t>();
    if (words < checkpoint.vocabulary.size()) {
      fail<IoError>("{}: a model of {} words with a vocabulary of {}", path, words,
                    checkpoint.vocabulary.size());
    }
    check_numbers(checkpoint.settings, checkpoint.progress, path);
    check_sizes(checkpoint.settings, words, file, path);
    checkpoint.model = std::make_shared<Model>(checkpoint.settings, words);
    unroll::set_parameters(checkpoint.model->parameters(), file, path);
    return checkpoint;
  } catch (const json::exception& error) {
    fail<IoError>("{}: its metadata cannot be read: {}", path, error.what());
  } catch (const std::logic_error& error) {  // a vocabulary, cell or size that makes no model
    fail<IoError>("{}: not a model of wordlm: {}", path, error.what());
  }
}

}  // namespace wordlm
