#pragma once
/// The model with its trees.

#include <span>

#include "common/training.h"
#include "common/word_ids.h"
#include "trees/model.h"
#include "trees/trees.h"

namespace trees {

/// Trees as the model reads them.
struct Encoded {
  std::vector<Tree> trees;
  std::vector<std::vector<std::int32_t>> words;      // of each: the ids, in the order of the leaves
  std::vector<std::vector<unroll::TreeNode>> nodes;  // of each: a leaf reads its word, the others
                                                     // nothing
};

/// A model with what its numbers mean.
struct Judge {
  ModelSettings settings;
  examples::WordIds words;
  unroll::Parameters parameters;
  Model model;

  Judge(const ModelSettings& settings, examples::WordIds words, unroll::DType dtype,
        std::uint64_t seed);

  [[nodiscard]] Encoded encode(std::vector<Tree> trees) const;
  /// How many children a node may have.
  [[nodiscard]] std::size_t most_children() const;
  /// The label of the model for one of a file: itself, or where there are two 0 or 1, and none for
  /// a neutral one.
  [[nodiscard]] std::int32_t label_of(std::int32_t label) const;

  /// The sum over all labelled nodes of some trees of -log P(label), divided by the trees.
  [[nodiscard]] unroll::Var loss(unroll::Tape& tape, const Encoded& trees,
                                 std::span<const std::size_t> numbers, unroll::Noise* noise) const;
  /// The probability of each label at each node of each tree.
  using Probabilities = std::vector<std::vector<std::vector<double>>>;
  [[nodiscard]] Probabilities probabilities(const Encoded& trees) const;
};

/// The part of the labels that are the likeliest of the model.
struct Accuracy {
  double roots = 0;
  double nodes = 0;
  std::int64_t labelled_roots = 0;  // of which it is the accuracy
  std::int64_t labelled_nodes = 0;
};
[[nodiscard]] Accuracy accuracy_of(const Judge& judge, const Encoded& trees);

/// Trains on trees; the score is the accuracy at the roots of others.
class TreeTask : public examples::Task {
 public:
  /// `best`: the accuracy that cannot be beaten, where it is known.
  TreeTask(const Judge& judge, Encoded train, Encoded test,
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

/// The words of trees, a list for each.
[[nodiscard]] std::vector<std::vector<std::string>> words_of(const std::vector<Tree>& trees);

}  // namespace trees
