#pragma once
/// Hierarchical softmax: a binary decision at each node of a tree of words (Morin & Bengio 2005,
/// "Hierarchical probabilistic neural network language model").

#include <unroll/layers/linear.h>
#include <unroll/layers/softmax/targets.h>

#include <vector>

namespace unroll {

/// The Huffman tree of counted words: frequent words are near the root. Its inner nodes have
/// numbers, the root the highest: words - 2 of at least two words.
struct HuffmanTree {
  /// A step from an inner node down.
  struct Turn {
    std::int32_t node;  // which inner node
    bool right;         // or left; of two subtrees the rarer is left, of two equal ones the one
                        // that was made first, words by rising frequency before subtrees
  };

  /// Of one word a count.
  explicit HuffmanTree(WordCounts counts);

  std::vector<std::vector<Turn>> paths;  // of each word from the root on
};

/// How a hierarchical softmax is made.
struct HierarchicalOptions {
  bool bias = true;                           // of each inner node
  Initializer initialize = fan_in_uniform();  // of the weights
  Initializer initialize_bias = zeros();      // of the biases
};

/// The probability of a word is that of its path through a Huffman tree (Mikolov, Sutskever, Chen,
/// Corrado & Dean 2013, equation 3):
///
///   log p(w | h) = sum over the inner nodes n on the path of log sigmoid(+-(v_n h + b_n)),
///
/// plus where the path goes left, minus where it goes right. A word costs as many products of one
/// row as its path is long: about the entropy of the words in bits. The distribution is exact.
struct HierarchicalSoftmax {
  /// Of h with `in` features; one word a count, at least two words.
  HierarchicalSoftmax(const Parameters& p, Index in, WordCounts counts,
                      const HierarchicalOptions& options = {});

  /// -log p(targets) of h (S..., in), targets i32 (S...); the sum or the mean over the rows that
  /// are not ignored. ShapeError and ValueError for targets that do not fit.
  [[nodiscard]] Var loss(Var h, const TensorView& targets, Reduction reduction = Reduction::mean,
                         Index ignore_index = kIgnoreNone) const;
  /// The same of each row, (S...); 0 where it is ignored.
  [[nodiscard]] Var losses(Var h, const TensorView& targets,
                           Index ignore_index = kIgnoreNone) const;
  /// log p of every word, (S..., words).
  [[nodiscard]] Var log_probabilities(Var h) const;

  Index in;          // features of h
  HuffmanTree tree;  // of the words
  Linear nodes;      // (words - 1 x in), v and b of the inner nodes

 private:
  /// The nodes of one depth, inner ones and words: for each the turn it is reached by (a node on
  /// the left of inner node n is n, one on the right words - 1 + n), and its parent's place on the
  /// level above.
  struct Level {
    std::vector<std::int32_t> turns;
    std::vector<std::int32_t> parents;
  };
  void find_levels();
  [[nodiscard]] Var losses(const RowsWithTargets& rows) const;

  std::vector<Level> levels_;
  std::vector<std::int32_t> found_;  // each word among the nodes of all levels
};

}  // namespace unroll
