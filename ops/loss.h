#pragma once
/// Softmax, and losses: of classifiers, of regressions, between distributions.

#include <unroll/core/tape.h>

#include <optional>

namespace unroll {

/// exp(x) / sum(exp(x)) along an axis, without overflow.
Var softmax(Var x, Index axis = -1);
/// log(softmax(x)), without losing small probabilities.
Var log_softmax(Var x, Index axis = -1);
/// The softmax of those x where the mask, which broadcasts to x, is not 0; elsewhere 0, and 0
/// everywhere in a row without any.
Var masked_softmax(Var x, Var mask, Index axis = -1);

/// What becomes of the elements of a loss.
enum class Reduction : std::uint8_t { sum, mean };
/// An ignore index that ignores nothing.
inline constexpr Index kIgnoreNone = Index{1} << 40;  // no i32 is that large

/// -log softmax(logits)[n, targets[n]] of each row n: logits (S..., V), targets i32 (S...), result
/// (S...). Rows whose target is `ignore_index` count nothing. ValueError for any other target
/// outside [0, V) when the result is computed.
Var cross_entropy(Var logits, Var targets, Index ignore_index = kIgnoreNone);
/// Its sum or its mean over the rows that are not ignored; NaN where all are.
Var softmax_cross_entropy(Var logits, Var targets, Reduction reduction = Reduction::mean,
                          Index ignore_index = kIgnoreNone);

/// What a cross-entropy leaves out, weighs and smooths.
struct CrossEntropyOptions {
  Reduction reduction = Reduction::mean;  // the sum or the mean of the rows
  Index ignore_index = kIgnoreNone;       // rows with this target count as none
  /// A weight for each class, (V): a row counts as its target does, in the mean as well.
  std::optional<Var> class_weights = {};
  /// The share of each target that goes to all classes alike (Szegedy et al. 2016, section 7).
  double label_smoothing = 0;
};
/// The same with class weights or smoothed targets.
Var softmax_cross_entropy(Var logits, Var targets, const CrossEntropyOptions& options);

/// -log_p[n, targets[n]]: of log-probabilities (S..., V) and targets i32 (S...); the sum or the
/// mean.
Var nll_loss(Var log_p, Var targets, Reduction reduction = Reduction::mean);

/// (y - target)^2, |y - target|, and Huber's of 1964: half the square up to `delta`, from there on
/// a line; the sum or the mean. y and target broadcast.
Var mse_loss(Var y, Var target, Reduction reduction = Reduction::mean);
Var l1_loss(Var y, Var target, Reduction reduction = Reduction::mean);
Var huber_loss(Var y, Var target, double delta = 1, Reduction reduction = Reduction::mean);

/// -t log(sigmoid(x)) - (1 - t) log(1 - sigmoid(x)) of logits x and targets t from 0 to 1, without
/// overflow; the sum or the mean.
Var binary_cross_entropy_with_logits(Var logits, Var targets,
                                     Reduction reduction = Reduction::mean);

/// sum(p (log p - log_q)) of each row: from distributions p to those whose logarithms log_q are,
/// both (S..., V); the sum over the rows or their mean. Where p is 0 nothing is added.
Var kl_divergence(Var p, Var log_q, Reduction reduction = Reduction::mean);

/// What connectionist temporal classification does not know of its input.
struct CtcOptions {
  std::int32_t blank = 0;                 // the symbol that stands for none
  Reduction reduction = Reduction::mean;  // of the losses of the sequences
};
/// -log p(targets) of each sequence of a batch, summed over all ways to write the targets over the
/// time steps, with blanks between them and symbols repeated (Graves et al. 2006, equations 5-8, in
/// log space). log_probs: (T, B, V), log-probabilities; `targets[b]` is a list of symbols; sequence
/// b has `input_lengths[b]` steps, those after it are not read. The loss is infinite, with gradient
/// 0, where a sequence has too few steps for its targets.
Var ctc_loss(Var log_probs, std::span<const std::vector<std::int32_t>> targets,
             std::span<const Index> input_lengths, const CtcOptions& options = {});

}  // namespace unroll
