#pragma once
/// What the output layers for large vocabularies share: targets that are known while the step is
/// recorded, and counts of words.

#include <unroll/core/tape.h>
#include <unroll/ops/loss.h>

#include <span>
#include <string_view>
#include <vector>

namespace unroll {

/// How often each word was seen, by its id; only the order and the ratios matter. The layers take
/// it to find out which words are frequent; 0 is a word never seen.
using WordCounts = std::span<const std::int64_t>;

/// The inputs h (S..., in) of an output layer as rows (N, in), each with its target.
struct RowsWithTargets {
  /// Of h and targets i32 (S...). ShapeError where these do not fit each other or the layer,
  /// ValueError for a target outside [0, words) that is not `ignore_index`; `layer` stands in
  /// front of the text.
  RowsWithTargets(std::string_view layer, Var h, Index in, const TensorView& targets, Index words,
                  Index ignore_index);

  /// The sum of losses (N), or their mean over the rows that are not ignored; NaN where all are.
  [[nodiscard]] Var reduce(Var losses, Reduction reduction) const;
  /// Losses (N) under the shape of the targets.
  [[nodiscard]] Var shaped(Var losses) const;
  /// N.
  [[nodiscard]] Index count() const { return static_cast<Index>(words.size()); }

  Var h;                            // (N, in)
  Shape shape;                      // S
  std::vector<std::int32_t> words;  // (N), kIgnored where a row is ignored
  Index counted = 0;                // rows that are not ignored
};
/// The target of a row that is ignored.
inline constexpr std::int32_t kIgnored = -1;

/// The next of 8, 12, 16, 24, 32, 48, ... How many rows of a step go through a part of an output
/// layer differs from step to step; filled up to few different numbers they make few different
/// structures, whose plans are found again.
[[nodiscard]] Index rounded_up(Index count);

/// The ids of all words, the most frequent first; equally frequent ones in the order of their ids.
/// ValueError, beginning with `layer`, for no words, more than 2^31 of them, a negative count, or
/// counts whose sum is above 9e18.
[[nodiscard]] std::vector<std::int32_t> by_frequency(std::string_view layer, WordCounts counts);

/// The position of each id in a list of all ids: the inverse of a permutation.
[[nodiscard]] std::vector<std::int32_t> inverse_of(const std::vector<std::int32_t>& order);

/// h (S..., in) as rows (N, in); ShapeError, beginning with `layer`, for another last axis.
[[nodiscard]] Var rows_of(std::string_view layer, Var h, Index in);

/// Rows (N, words) under the leading axes of h.
[[nodiscard]] Var shaped_as(Var h, Var rows);

/// A vector of ids or numbers on the tape of `var`.
[[nodiscard]] Var put_ids(Var var, const Shape& shape, const std::vector<std::int32_t>& ids);
[[nodiscard]] Var put_numbers(Var var, const Shape& shape, const std::vector<double>& numbers);

}  // namespace unroll
