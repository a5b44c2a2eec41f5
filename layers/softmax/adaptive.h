#pragma once
/// Adaptive softmax (Grave, Joulin, Cissé, Grangier & Jégou 2017, "Efficient softmax approximation
/// for GPUs").

#include <unroll/layers/linear.h>
#include <unroll/layers/softmax/targets.h>

#include <vector>

namespace unroll {

/// How an adaptive softmax is divided.
struct AdaptiveOptions {
  /// How many of the most frequent words are in the head, and in the head and the first cluster,
  /// ..., ascending; empty: adaptive_cutoffs().
  std::vector<Index> cutoffs = {};
  /// Cluster i of 1, 2, ... reads h projected to in / divisor^i numbers, at least 1.
  double divisor = 4;
  bool bias = true;  // of head and clusters; the paper has none
  Initializer initialize = fan_in_uniform();
  Initializer initialize_bias = zeros();
};

/// The cutoffs of a vocabulary without options: a head of 6 sqrt(words), and clusters that each
/// end at five times as many words, until all have one. Words are near to distributed by Zipf's
/// law, so that head and clusters then cost about the same.
[[nodiscard]] std::vector<Index> adaptive_cutoffs(Index words);

/// The most frequent words are classes of a softmax of their own, the head, and so is each cluster
/// of rarer words (section 4):
///
///   p(w | h) = head(w | h)                                for words of the head,
///   p(w | h) = head(cluster i | h) tail_i(w | P_i h)      for words of cluster i.
///
/// Rows whose target is in the head cost the head alone. The distribution is exact.
struct AdaptiveSoftmax {
  /// Of h with `in` features; one word a count. ValueError for cutoffs that are not ascending
  /// numbers from 1 to below the words, or a divisor below 1.
  AdaptiveSoftmax(const Parameters& p, Index in, WordCounts counts,
                  const AdaptiveOptions& options = {});

  /// -log p(targets) of h (S..., in), targets i32 (S...); the sum or the mean over the rows that
  /// are not ignored. ShapeError and ValueError for targets that do not fit.
  [[nodiscard]] Var loss(Var h, const TensorView& targets, Reduction reduction = Reduction::mean,
                         Index ignore_index = kIgnoreNone) const;
  /// The same of each row, (S...); 0 where it is ignored.
  [[nodiscard]] Var losses(Var h, const TensorView& targets,
                           Index ignore_index = kIgnoreNone) const;
  /// log p of every word, (S..., words).
  [[nodiscard]] Var log_probabilities(Var h) const;

  /// A cluster of words: the places [begin, end) by frequency.
  struct Cluster {
    Index begin;        // the first place
    Index end;          // one past the last
    Linear projection;  // P, (in / divisor^i x in), without a bias
    Linear output;      // (words of the cluster x in / divisor^i)
  };

  Index in;                            // features of h
  std::vector<std::int32_t> position;  // of each word by frequency, 0 the most frequent
  Index head_words;                    // how many are in the head
  Linear head;                         // (words of the head + clusters x in)
  std::vector<Cluster> clusters;       // the most frequent first

 private:
  [[nodiscard]] std::int32_t class_of(std::int32_t place) const;
  [[nodiscard]] Var losses(const RowsWithTargets& rows) const;
};

}  // namespace unroll
