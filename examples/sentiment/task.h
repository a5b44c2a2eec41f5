#pragma once
/// The sentiment model with its reviews.

#include <memory>

#include "common/training.h"
#include "common/word_ids.h"
#include "sentiment/model.h"
#include "sentiment/reviews.h"

namespace sentiment {

/// Reviews as ids.
struct Encoded {
  std::vector<std::vector<std::int32_t>> texts;
  std::vector<std::int32_t> labels;
};
[[nodiscard]] Encoded encode(const Reviews& reviews, const examples::WordIds& words);

/// A model with what its numbers mean.
struct Judge {
  ModelSettings settings;
  examples::WordIds words;
  std::vector<std::string> labels;
  unroll::Parameters parameters;
  Model model;

  Judge(const ModelSettings& settings, examples::WordIds words, std::vector<std::string> labels,
        unroll::DType dtype, std::uint64_t seed);

  /// The probability of each label of one text.
  [[nodiscard]] std::vector<double> probabilities(const std::vector<std::int32_t>& text) const;
  /// The part of some reviews whose likeliest label is theirs.
  [[nodiscard]] double accuracy(const Encoded& reviews) const;
  /// The mean of -log P(label) of some of them.
  [[nodiscard]] unroll::Var loss(unroll::Tape& tape, const Encoded& reviews,
                                 std::span<const std::size_t> numbers, unroll::Noise* noise) const;
};

/// Trains a judge on reviews; the score is its accuracy on others.
class SentimentTask : public examples::Task {
 public:
  /// `best`: the accuracy that cannot be beaten, where it is known.
  SentimentTask(const Judge& judge, Encoded train, Encoded test,
                const examples::TrainingSettings& settings, std::optional<double> best);

  [[nodiscard]] const unroll::Parameters& parameters() const override { return judge_.parameters; }
  std::int64_t begin_epoch(std::int64_t epoch) override;
  unroll::Var loss(unroll::Tape& tape, std::int64_t batch, unroll::Noise& noise) override;
  examples::Score score() override;
  [[nodiscard]] std::string show(double score) const override;
  [[nodiscard]] std::uint64_t fingerprint() const override;
  [[nodiscard]] std::uint64_t test_fingerprint() const override;

 private:
  const Judge& judge_;
  Encoded train_;
  Encoded test_;
  examples::TrainingSettings settings_;
  std::optional<double> best_;
  std::vector<std::vector<std::size_t>> batches_;
};

}  // namespace sentiment
