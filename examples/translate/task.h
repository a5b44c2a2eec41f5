#pragma once
/// The translation model with its pairs of sentences.

#include <memory>

#include "common/training.h"
#include "common/word_ids.h"
#include "translate/model.h"
#include "translate/pairs.h"

namespace translate {

using Ids = std::vector<std::int32_t>;

/// A model with what its numbers mean.
struct Translator {
  ModelSettings settings;
  examples::WordIds source;
  examples::WordIds target;
  unroll::Parameters parameters;
  Model model;

  /// unroll::Error for an encoder of both directions with an odd number of units.
  Translator(const ModelSettings& settings, examples::WordIds source, examples::WordIds target,
             unroll::DType dtype, std::uint64_t seed);

  /// The id behind those of the target words, which ends a sentence; the decoder reads it before
  /// the first word.
  [[nodiscard]] std::int32_t end() const { return static_cast<std::int32_t>(target.size()); }
  /// Source words in the order in which the encoder reads them.
  [[nodiscard]] Ids source_ids(std::span<const std::string> words) const;
};

/// Pairs as ids: source words as the encoder reads them, and target words.
struct Encoded {
  std::vector<Ids> source;
  std::vector<Ids> target;
};
[[nodiscard]] Encoded encode(const Pairs& pairs, const Translator& translator);

/// The mean of -log P(word | source, words before it) over the target words of some pairs, and over
/// the ends of their sentences, where the decoder reads the true words (teacher forcing).
[[nodiscard]] unroll::Var loss_of(const Translator& translator, unroll::Tape& tape,
                                  const Encoded& pairs, std::span<const std::size_t> numbers,
                                  unroll::Noise* noise);

/// How much each target word, and the end, looks at each source word: a row for each of those, in
/// the order in which the words were written. unroll::Error for a model without attention.
[[nodiscard]] std::vector<std::vector<double>> attention_of(const Translator& translator,
                                                            const Ids& source, const Ids& target);

/// The part of some translations that are, word for word, those of their pairs.
[[nodiscard]] double accuracy(const std::vector<Ids>& translations, const Pairs& pairs,
                              const Translator& translator);
/// Translations as sentences.
[[nodiscard]] std::vector<std::string> sentences_of(const std::vector<Ids>& translations,
                                                    const Translator& translator);
/// The references: the translations of the pairs, as they were written.
[[nodiscard]] std::vector<std::string> references_of(const Pairs& pairs);

/// What translations are measured by.
enum class Metric : std::uint8_t { accuracy, bleu };

/// Trains a translator; the score is the accuracy or the BLEU of its greedy translations of other
/// sentences.
class TranslateTask : public examples::Task {
 public:
  TranslateTask(const Translator& translator, const Pairs& train, Pairs test,
                const examples::TrainingSettings& settings, Metric metric);

  [[nodiscard]] const unroll::Parameters& parameters() const override {
    return translator_.parameters;
  }
  std::int64_t begin_epoch(std::int64_t epoch) override;
  unroll::Var loss(unroll::Tape& tape, std::int64_t batch, unroll::Noise& noise) override;
  examples::Score score() override;
  [[nodiscard]] std::string show(double score) const override;
  [[nodiscard]] std::uint64_t fingerprint() const override;
  [[nodiscard]] std::uint64_t test_fingerprint() const override;

 private:
  const Translator& translator_;
  Encoded train_;
  Pairs test_;
  examples::TrainingSettings settings_;
  Metric metric_;
  std::vector<std::vector<std::size_t>> batches_;
};

}  // namespace translate
