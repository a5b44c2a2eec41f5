#include "wordlm/any_model.h"

#include <unroll/core/safetensors.h>

#include <memory>

#include "wordlm/mixture.h"
#include "wordlm/ngram_file.h"
#include "wordlm/trainer.h"

namespace wordlm {
namespace {

AnyModel any_of(Checkpoint checkpoint) {
  const Progress& progress = checkpoint.progress;
  const std::string description =
      checkpoint.best.empty()
          ? fmt::format("after epoch {}", progress.epoch)
          : fmt::format("after epoch {}, the best of {}", progress.best_epoch, progress.epoch);
  const auto shared = std::make_shared<const Checkpoint>(std::move(checkpoint));
  const auto scorer = std::make_shared<Scorer>(*shared->model);
  return {shared->settings,
          shared->vocabulary,
          description,
          shared->progress.data,
          shared->progress.unknown_words,
          [shared](const SentenceList& texts) { return measure(*shared, texts); },
          [shared, scorer](std::span<const std::int32_t> text) { return (*scorer)(text); }};
}

AnyModel any_of(NgramFile ngrams) {
  const auto shared = std::make_shared<const NgramFile>(std::move(ngrams));
  return {shared->settings,
          shared->vocabulary,
          fmt::format("{}-grams", shared->model.order()),
          shared->data,
          shared->unknown_words,
          [shared](const SentenceList& texts) {
            const std::vector<double> logs = log_probabilities(shared->model, texts);
            return Evaluation{mean_loss(logs), std::ssize(logs)};
          },
          [shared](std::span<const std::int32_t> text) {
            return shared->model.log_probabilities(text);
          }};
}

}  // namespace

std::vector<double> AnyModel::all_log_probabilities(const SentenceList& texts) const {
  std::vector<double> all;
  for (const std::span<const std::int32_t> text : texts) {
    const std::vector<double> of_text = log_probabilities(text);
    all.insert(all.end(), of_text.begin(), of_text.end());
  }
  return all;
}

AnyModel load_any(const std::string& path) {
  const unroll::TensorFile file = unroll::load_safetensors(path);
  return holds_ngrams(file) ? any_of(ngrams_of(file, path)) : any_of(best_of(file, path));
}

}  // namespace wordlm
