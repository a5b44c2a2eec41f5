#include "wordlm/ngram_file.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "common/json.h"
#include "wordlm/checkpoint.h"

namespace wordlm {
namespace {

using nlohmann::json;
using unroll::fail;
using unroll::IoError;
using unroll::Tensor;

constexpr const char* kFormat = "wordlm.ngrams.format";
constexpr const char* kThisFormat = "1";  // another number wherever older files read differently
constexpr const char* kSettings = "wordlm.ngrams.settings";
constexpr const char* kVocabulary = "wordlm.ngrams.vocabulary";
constexpr const char* kCounted = "wordlm.ngrams.counted";

/// Facts of the text besides its counts.
json counted(const NgramFile& ngrams) {
  return {{"order", ngrams.model.order()},
          {"data", ngrams.data},
          {"unknown_words", ngrams.unknown_words}};
}

const std::string& text_of(const unroll::TensorFile& file, const char* key,
                           const std::string& path) {
  const auto found = file.metadata.find(key);
  if (found == file.metadata.end()) {
    fail<IoError>("{}: holds no n-grams of wordlm, its metadata has no '{}'", path, key);
  }
  return found->second;
}

void check_format(const unroll::TensorFile& file, const std::string& path) {
  const std::string& format = text_of(file, kFormat, path);
  if (format != kThisFormat) {
    fail<IoError>("{}: n-grams in format {} of another version of wordlm, this one reads format {}",
                  path, format, kThisFormat);
  }
  if (!file.checked) fail<IoError>("{}: is damaged, its checksums are missing", path);
}

std::string name_of(std::size_t length, const char* part) {
  return fmt::format("{}.{}", length, part);
}

void put(unroll::TensorFile& file, const std::string& name,
         const std::vector<std::int32_t>& values) {
  file.tensors.emplace(name, Tensor::of<std::int32_t>({std::ssize(values)}, values));
}

std::vector<std::int32_t> take(const unroll::TensorFile& file, const std::string& name,
                               const std::string& path) {
  const auto found = file.tensors.find(name);
  if (found == file.tensors.end() || found->second.dtype() != unroll::DType::i32) {
    fail<IoError>("{}: has no whole numbers '{}'", path, name);
  }
  const auto values = found->second.values<std::int32_t>();
  return {values.begin(), values.end()};
}

std::vector<NgramLevel> levels_of(const unroll::TensorFile& file, int order,
                                  const std::string& path) {
  if (order < 1 || order > NgramModel::kMostOrder) {
    fail<IoError>("{}: n-grams of order {}, expected 1 to {}", path, order, NgramModel::kMostOrder);
  }
  std::vector<NgramLevel> levels(static_cast<std::size_t>(order));
  if (file.tensors.size() != 3 * levels.size() - 2) {
    fail<IoError>("{}: {} tensors are not those of n-grams of {} words", path, file.tensors.size(),
                  order);
  }
  for (std::size_t length = 1; length <= levels.size(); ++length) {
    NgramLevel& level = levels[length - 1];
    level.count = take(file, name_of(length, "count"), path);
    if (length > 1) level.word = take(file, name_of(length, "word"), path);
    if (length < levels.size()) level.begin = take(file, name_of(length, "begin"), path);
  }
  return levels;
}

}  // namespace

void save_ngrams(const std::string& path, const NgramFile& ngrams) {
  unroll::TensorFile file;
  const std::vector<NgramLevel>& levels = ngrams.model.levels();
  for (std::size_t length = 1; length <= levels.size(); ++length) {
    const NgramLevel& level = levels[length - 1];
    put(file, name_of(length, "count"), level.count);
    if (length > 1) put(file, name_of(length, "word"), level.word);
    if (length < levels.size()) put(file, name_of(length, "begin"), level.begin);
  }
  file.metadata[kFormat] = kThisFormat;
  file.metadata[kSettings] = to_json(ngrams.settings);
  file.metadata[kVocabulary] = words_to_json(ngrams.vocabulary);
  file.metadata[kCounted] = counted(ngrams).dump();
  unroll::save_safetensors(path, file);
}

bool holds_ngrams(const unroll::TensorFile& file) { return file.metadata.contains(kFormat); }

NgramFile ngrams_of(const unroll::TensorFile& file, const std::string& path) {
  try {
    check_format(file, path);
    const Settings settings = settings_from_json(text_of(file, kSettings, path), path);
    check(settings.text);
    check_numbers(settings.text, path);
    const Units units = settings.text.units();
    Vocabulary vocabulary(words_from_json(text_of(file, kVocabulary, path), units), units);
    const json known = json::parse(text_of(file, kCounted, path));
    examples::check_whole_numbers(known, {{"order", 0}, {"unknown_words", 0}});
    NgramModel model(levels_of(file, known.at("order").get<int>(), path),
                     vocabulary.sentence_start());
    if (model.words() != vocabulary.size()) {
      fail<IoError>("{}: n-grams of {} words with a vocabulary of {}", path, model.words(),
                    vocabulary.size());
    }
    return {settings, std::move(vocabulary), std::move(model), known.at("data").get<std::string>(),
            known.at("unknown_words").get<std::int64_t>()};
  } catch (const json::exception& error) {
    fail<IoError>("{}: its metadata cannot be read: {}", path, error.what());
  } catch (const std::logic_error& error) {  // a vocabulary or counts that make no model
    fail<IoError>("{}: holds no n-grams of wordlm: {}", path, error.what());
  }
}

NgramFile load_ngrams(const std::string& path) {
  return ngrams_of(unroll::load_safetensors(path), path);
}

}  // namespace wordlm
