#pragma once
/// A softmax over classes of words and one over the words of a class (Goodman 2001; Mikolov,
/// Kombrink, Burget, Černocký & Khudanpur 2011, "Extensions of recurrent neural network language
/// model").

#include <unroll/layers/linear.h>
#include <unroll/layers/softmax/targets.h>

#include <vector>

namespace unroll {

/// How a class-factored softmax is made.
struct ClassFactoredOptions {
  Index classes = 0;                          // at most; 0: the square root of the words
  bool bias = true;                           // of classes and words
  Initializer initialize = fan_in_uniform();  // of the weights
  Initializer initialize_bias = zeros();      // of the biases
};

/// The class of each word, 0 that of the most frequent ones: the words by falling frequency are
/// divided so that the square roots of their counts sum to about the same in each class, at most
/// `classes` of them. A word never seen counts as seen once.
[[nodiscard]] std::vector<std::int32_t> classes_by_frequency(WordCounts counts, Index classes);

/// p(w | h) = p(class of w | h) p(w | h, its class)   (2011, "factorization of the output layer")
///
/// The rows of a step are sorted by the class of their targets and cut into tiles; those of one
/// tile share a product with the words of their class. The distribution is exact.
struct ClassFactoredSoftmax {
  /// Of h with `in` features; one word a count. ValueError for a negative number of classes.
  ClassFactoredSoftmax(const Parameters& p, Index in, WordCounts counts,
                       const ClassFactoredOptions& options = {});

  /// -log p(targets) of h (S..., in), targets i32 (S...); the sum or the mean over the rows that
  /// are not ignored. ShapeError and ValueError for targets that do not fit.
  [[nodiscard]] Var loss(Var h, const TensorView& targets, Reduction reduction = Reduction::mean,
                         Index ignore_index = kIgnoreNone) const;
  /// The same of each row, (S...); 0 where it is ignored.
  [[nodiscard]] Var losses(Var h, const TensorView& targets,
                           Index ignore_index = kIgnoreNone) const;
  /// log p of every word, (S..., words).
  [[nodiscard]] Var log_probabilities(Var h) const;

  Index in;                                        // features of h
  std::vector<std::int32_t> class_of;              // each word
  std::vector<std::int32_t> place;                 // of each word in its class
  std::vector<std::vector<std::int32_t>> members;  // the words of each class
  Linear classes;                                  // (classes x in)
  Linear words;                                    // (words x in)

 private:
  /// Classes of like size, whose tiles are one batch of products.
  struct Group {
    std::vector<std::int32_t> classes;
    Index width = 0;  // words of the largest
  };
  [[nodiscard]] Var losses(const RowsWithTargets& rows) const;
  [[nodiscard]] Var losses_in_classes(const RowsWithTargets& rows, const Group& group) const;

  void find_table();

  std::vector<Group> groups_;        // of classes with more than one word
  std::vector<std::int32_t> table_;  // (classes x words of the largest), filled up
  std::vector<std::int32_t> found_;  // each word in it
  std::vector<double> mask_;         // added to the logits of the table
};

}  // namespace unroll
