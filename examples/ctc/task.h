#pragma once
/// The model with its signals.

#include <span>

#include "common/training.h"
#include "ctc/decode.h"
#include "ctc/model.h"
#include "ctc/signals.h"

namespace ctc {

/// The mean and the standard deviation of each number of a frame: the network reads numbers of mean
/// 0 and deviation 1.
struct Normalization {
  std::vector<double> mean;
  std::vector<double> deviation;
};
[[nodiscard]] Normalization normalization_of(const Signals& signals);

/// A model with the meaning of its numbers.
struct Speller {
  ModelSettings settings;
  Normalization normalization;
  std::vector<std::string> names;  // of the symbols, the blank's first
  unroll::Parameters parameters;
  Model model;

  Speller(const ModelSettings& settings, Normalization normalization,
          std::vector<std::string> names, unroll::DType dtype, std::uint64_t seed);

  /// The log-probability of each symbol at each frame of some of the signals, in their order.
  [[nodiscard]] std::vector<Rows> log_probabilities(std::span<const Signal> signals) const;
  /// The mean of -log p(labels) over some of the signals.
  [[nodiscard]] unroll::Var loss(unroll::Tape& tape, std::span<const Signal> signals,
                                 std::span<const std::size_t> numbers) const;
};

/// How well signals were decoded.
struct Errors {
  std::int64_t edits = 0;   // edit distances to the labels, in all
  std::int64_t labels = 0;  // in all
  std::int64_t wrong = 0;   // signals with any edit

  void count(const Labels& found, const Labels& right);
  /// Edits for each label.
  [[nodiscard]] double rate() const;
};

/// Trains a speller on signals; the score is the label error rate of its best paths on others.
class SpellTask : public examples::Task {
 public:
  /// `viterbi`: the label error rate of the process's own decoder on `test`, where there is one.
  SpellTask(const Speller& speller, Signals train, Signals test,
            const examples::TrainingSettings& settings, std::optional<double> viterbi);

  [[nodiscard]] const unroll::Parameters& parameters() const override {
    return speller_.parameters;
  }
  std::int64_t begin_epoch(std::int64_t epoch) override;
  unroll::Var loss(unroll::Tape& tape, std::int64_t batch, unroll::Noise& noise) override;
  examples::Score score() override;
  [[nodiscard]] std::string show(double score) const override;
  [[nodiscard]] bool is_larger_better() const override { return false; }
  [[nodiscard]] std::uint64_t fingerprint() const override;
  [[nodiscard]] std::uint64_t test_fingerprint() const override;

 private:
  const Speller& speller_;
  Signals train_;
  Signals test_;
  examples::TrainingSettings settings_;
  std::optional<double> viterbi_;
  std::vector<std::vector<std::size_t>> batches_;
};

}  // namespace ctc
