#pragma once
/// Softmax, and the loss of a classifier.

#include <unroll/core/tape.h>

namespace unroll {

/// exp(x) / sum(exp(x)) over the last axis, without overflow.
Var softmax(Var x);
/// log(softmax(x)), without losing small probabilities.
Var log_softmax(Var x);

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

}  // namespace unroll
