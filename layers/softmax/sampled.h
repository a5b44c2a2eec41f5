#pragma once
/// Sampled softmax: trained on some words a step, evaluated on all (Jean, Cho, Memisevic & Bengio
/// 2015, "On using very large target vocabulary for neural machine translation").

#include <unroll/layers/dropout.h>
#include <unroll/layers/linear.h>
#include <unroll/layers/softmax/targets.h>

#include <vector>

namespace unroll {

/// Words drawn without repetition, each with a probability of its own: word k is in a sample with
/// probability min(1, c q_k), where q_k is in proportion to its count (one never seen counts as
/// seen once) and c makes the sample as large as asked for. Frequent words are in every one.
class WordSampler {
 public:
  /// Samples of `size` words; ValueError unless it is from 1 to the number of words.
  WordSampler(WordCounts counts, Index size);
  /// log_uniform: the counts of words that have ids by falling frequency, near to Zipf's law:
  /// log((k + 2) / (k + 1)) of id k, scaled.
  static std::vector<std::int64_t> log_uniform(Index words);

  /// A sample: systematic sampling of the words in a random order (Madow 1949; Goodman & Kish
  /// 1950), which draws exactly `size` words with exactly these probabilities. The same for the
  /// same key.
  [[nodiscard]] std::vector<std::int32_t> draw(const RandomKey& key) const;
  /// The probability of each word to be in a sample; they sum to `size`.
  [[nodiscard]] const std::vector<double>& inclusion() const { return inclusion_; }

 private:
  std::vector<double> inclusion_;
  std::vector<std::int32_t> always_;  // words with probability 1
  std::vector<std::int32_t> others_;
};

/// A softmax over all words to evaluate, and in training one over the target and a sample S of
/// words, the same for all rows of a step, with logits corrected by how likely a word is to be in a
/// sample:
///
///   loss = -log(exp(o_t - log pi_t) / (exp(o_t - log pi_t) + sum over s in S, s != t, of
///                                      exp(o_s - log pi_s))),   o = W h + b
///
/// pi is the probability to be in a sample; a sampled word that is a row's target is left out for
/// this row. (Section 3. There a part of the corpus has words of its own, all equally likely, so
/// that pi cancels; here each step draws from all words.) Over samples, the sum over s in S of
/// exp(o_s - log pi_s) has the mean of the full softmax's; with all words in the sample the loss is
/// that of the full softmax. The
/// gradients of W and b are row-sparse.
struct SampledSoftmax {
  /// With an output layer of its own or one that is there already, such as one that shares the
  /// embedding's weights; `sampled` words a step. ValueError where counts do not fit the layer.
  SampledSoftmax(const Linear& output, WordCounts counts, Index sampled);

  /// The loss to train with, of h (S..., in), targets i32 (S...); the sum or the mean over the rows
  /// that are not ignored. The sample is a function of the noise.
  [[nodiscard]] Var training_loss(Var h, const TensorView& targets, Noise& noise,
                                  Reduction reduction = Reduction::mean,
                                  Index ignore_index = kIgnoreNone) const;
  /// The same with words that are given, as they are drawn by the sampler.
  [[nodiscard]] Var training_losses(Var h, const TensorView& targets,
                                    const std::vector<std::int32_t>& sample,
                                    Index ignore_index = kIgnoreNone) const;
  /// -log p(targets) by the full softmax.
  [[nodiscard]] Var loss(Var h, const TensorView& targets, Reduction reduction = Reduction::mean,
                         Index ignore_index = kIgnoreNone) const;
  /// log p of every word, (S..., words).
  [[nodiscard]] Var log_probabilities(Var h) const;

  Linear output;        // (words x in)
  WordSampler sampler;  // of the words
};

}  // namespace unroll
