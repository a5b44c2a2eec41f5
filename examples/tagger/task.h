#pragma once
/// The tagger with its sentences.

#include <span>

#include "common/training.h"
#include "common/word_ids.h"
#include "tagger/chunks.h"
#include "tagger/model.h"
#include "tagger/sentences.h"

namespace tagger {

/// The words of a corpus in lower case, and their characters in upper and lower case.
struct Alphabet {
  examples::WordIds words;
  examples::WordIds characters;

  /// Words seen `least` times or more, at most `most`; characters seen twice or more.
  static Alphabet of(const Corpus& corpus, std::int64_t least, std::int64_t most);
};

/// A sentence as numbers.
struct Encoded {
  std::vector<std::int32_t> words;
  std::vector<std::vector<std::int32_t>> characters;  // of each word, its first ones
  std::vector<std::int32_t> tags;
};

/// A model with what its numbers mean.
struct Tagger {
  ModelSettings settings;
  Alphabet alphabet;
  std::vector<std::string> tags;
  unroll::Parameters parameters;
  Model model;

  Tagger(const ModelSettings& settings, Alphabet alphabet, std::vector<std::string> tags,
         unroll::DType dtype, std::uint64_t seed);

  [[nodiscard]] Encoded encode(const Sentence& sentence) const;
  [[nodiscard]] std::vector<Encoded> encode(const Corpus& corpus) const;

  /// The sum of -log p(tags) of some sentences.
  [[nodiscard]] unroll::Var loss(unroll::Tape& tape, std::span<const Encoded> sentences,
                                 std::span<const std::size_t> numbers, unroll::Noise* noise) const;
  /// The best tags of each sentence, and -log p of those it has.
  struct Found {
    std::vector<std::vector<std::int32_t>> tags;
    double loss = 0;  // in all
  };
  [[nodiscard]] Found find(std::span<const Encoded> sentences) const;
};

/// How well sentences were tagged.
struct Scores {
  double accuracy = 0;  // of words
  double nats = 0;      // -log p(tags) a word
  ChunkScore chunks;    // where tags are of that kind
};
[[nodiscard]] Scores score(const Tagger& tagger, std::span<const Encoded> sentences);

/// The accuracy of the tag that each word has most often in `train`, and for other words of the
/// most frequent one.
[[nodiscard]] double most_frequent_tag_accuracy(const Corpus& train, const Corpus& test);

/// Trains a tagger; the score is that on other sentences: F1 where tags say chunks, else accuracy.
class TagTask : public examples::Task {
 public:
  /// `best`: the accuracy that cannot be beaten, where it is known.
  TagTask(const Tagger& tagger, std::vector<Encoded> train, std::vector<Encoded> test,
          const examples::TrainingSettings& settings, std::optional<double> best);

  [[nodiscard]] const unroll::Parameters& parameters() const override { return tagger_.parameters; }
  std::int64_t begin_epoch(std::int64_t epoch) override;
  unroll::Var loss(unroll::Tape& tape, std::int64_t batch, unroll::Noise& noise) override;
  examples::Score score() override;
  [[nodiscard]] std::string show(double score) const override;
  [[nodiscard]] std::uint64_t fingerprint() const override;
  [[nodiscard]] std::uint64_t test_fingerprint() const override;

 private:
  const Tagger& tagger_;
  std::vector<Encoded> train_;
  std::vector<Encoded> test_;
  examples::TrainingSettings settings_;
  std::optional<double> best_;
  bool chunks_;
  std::vector<std::vector<std::size_t>> batches_;
};

}  // namespace tagger
