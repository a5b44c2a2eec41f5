#pragma once
/// Small models for the tests of `wordlm`, and what to train them on.

#include <doctest/doctest.h>

#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "support.h"
#include "vocabularies.h"
#include "wordlm/builtin_comments.h"
#include "wordlm/trainer.h"

namespace wordlm {

struct Texts {
  Vocabulary vocabulary;
  std::vector<Ids> train_set;
  std::vector<Ids> test_set;
};

inline const Texts& texts() {
  static const Texts made = [] {
    const std::vector<Sentence> words = builtin_sentences(60, 1);
    Vocabulary vocabulary = vocabulary_of(words, 100);
    std::vector<Ids> train_set = encode_all(words, vocabulary);
    std::vector<Ids> test_set = encode_all(builtin_sentences(10, 2), vocabulary);
    return Texts{std::move(vocabulary), std::move(train_set), std::move(test_set)};
  }();
  return made;
}

inline Settings small() {
  Settings settings;
  settings.model.cell = "gru";
  settings.model.hidden = 7;
  settings.model.embedding = 5;
  settings.training.batch = 4;
  settings.training.learning_rate = 0.5;
  settings.training.epochs = 3;
  return settings;
}

inline Checkpoint begin(const Settings& settings) {
  // The words of running text are other words; ids are all that these tests use.
  std::vector<std::string> words = texts().vocabulary.words();
  if (settings.text.running) words.erase(words.begin());
  const Vocabulary vocabulary(words, settings.text.units());
  const std::int64_t ids = texts().vocabulary.size();
  std::vector<std::int64_t> counts;
  if (settings.model.output != "full") counts = count_targets(texts().train_set, ids);
  Checkpoint checkpoint = new_checkpoint(settings, vocabulary, ids, std::move(counts));
  checkpoint.progress.data = fingerprint(texts().train_set);
  return checkpoint;
}

inline bool train(Checkpoint& checkpoint, const std::vector<Ids>& train_set,
                  const std::vector<Ids>& test_set, const std::string& save) {
  examples::SaveOptions options;
  options.path = save;
  examples::Saver saver(options);
  RunLog log("");
  return train(checkpoint, train_set, test_set, saver, log).complete;
}

inline bool train(Checkpoint& checkpoint, const std::string& save = "") {
  return train(checkpoint, texts().train_set, texts().test_set, save);
}

inline bool same_parameters(const Checkpoint& a, const Checkpoint& b) {
  return unroll::testing::same_bits(a.model->parameters().flat(), b.model->parameters().flat());
}

/// log p of all words of a text but the first.
inline double score(const Model& model, const Ids& ids) {
  const std::vector<double> words = log_probabilities(model, ids);
  CHECK(words.size() + 1 == ids.size());
  return std::accumulate(words.begin(), words.end(), 0.0);
}

inline void check_same(const Progress& a, const Progress& b) {
  CHECK(a.epoch == b.epoch);
  CHECK(a.batch == b.batch);
  CHECK(a.step == b.step);
  CHECK(a.learning_rate == b.learning_rate);
  CHECK(a.last_loss == b.last_loss);
  CHECK(a.best_loss == b.best_loss);
  CHECK(a.since_best == b.since_best);
  CHECK(a.best_epoch == b.best_epoch);
  CHECK(a.running_loss == b.running_loss);
  CHECK(a.running_words == b.running_words);
  CHECK(a.running_norms == b.running_norms);
  CHECK(a.data == b.data);
  CHECK(a.measured == b.measured);
}

}  // namespace wordlm
