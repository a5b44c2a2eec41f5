#pragma once
/// The model with its scenes.

#include <span>

#include "caption/model.h"
#include "caption/scenes.h"
#include "common/training.h"
#include "common/word_ids.h"

namespace caption {

/// Examples with their words as ids.
struct Encoded {
  std::vector<std::vector<float>> scenes;
  std::vector<std::vector<std::int32_t>> captions;
};

/// A model with the meaning of its numbers.
struct Captioner {
  ModelSettings settings;
  std::int64_t scene_size;
  examples::WordIds words;
  unroll::Parameters parameters;
  Model model;

  Captioner(const ModelSettings& settings, std::int64_t scene_size, examples::WordIds words,
            unroll::DType dtype, std::uint64_t seed);

  /// The id that stands before a caption and after its end, behind those of the words.
  [[nodiscard]] std::int32_t end() const { return static_cast<std::int32_t>(words.size()); }
  [[nodiscard]] Encoded encode(const Examples& examples) const;
  /// The mean of -log P(caption | scene) over some of the examples, the end of a caption included.
  [[nodiscard]] unroll::Var loss(unroll::Tape& tape, const Encoded& examples,
                                 std::span<const std::size_t> numbers) const;
  /// The same over all of them.
  [[nodiscard]] double loss(const Encoded& examples) const;
};

/// Trains a captioner; the score is its loss on other examples, in nats per caption.
class CaptionTask : public examples::Task {
 public:
  /// `best`: the smallest loss that any model can have on average, where it is known.
  CaptionTask(const Captioner& captioner, Encoded train, Encoded test,
              const examples::TrainingSettings& settings, std::optional<double> best);

  [[nodiscard]] const unroll::Parameters& parameters() const override {
    return captioner_.parameters;
  }
  std::int64_t begin_epoch(std::int64_t epoch) override;
  unroll::Var loss(unroll::Tape& tape, std::int64_t batch, unroll::Noise& noise) override;
  examples::Score score() override { return {captioner_.loss(test_), best_}; }
  [[nodiscard]] std::string show(double score) const override;
  [[nodiscard]] bool is_larger_better() const override { return false; }
  [[nodiscard]] std::uint64_t fingerprint() const override;
  [[nodiscard]] std::uint64_t test_fingerprint() const override;

 private:
  const Captioner& captioner_;
  Encoded train_;
  Encoded test_;
  examples::TrainingSettings settings_;
  std::optional<double> best_;
  std::vector<std::vector<std::size_t>> batches_;
};

}  // namespace caption
