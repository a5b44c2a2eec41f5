#pragma once
/// Sequences of different lengths in one batch.

#include <unroll/core/tape.h>

#include <span>
#include <vector>

namespace unroll {

/// How sequences are filled up.
struct PadOptions {
  std::int32_t value = 0;  // stands after the end of a sequence
  Index multiple = 1;      // T is rounded up to a multiple: fewer different structures to plan
};

/// Sequences of ids, time first, filled up to one length.
struct Padded {
  Tensor ids;                  // i32 (T, B)
  std::vector<Index> lengths;  // (B)

  /// 1 where a sequence has an id, else 0: (T, B), length_mask of the lengths.
  [[nodiscard]] Var mask(Tape& tape) const;
};
/// All of them as one batch, in their order.
[[nodiscard]] Padded pad_sequence(std::span<const std::vector<std::int32_t>> sequences,
                                  const PadOptions& options = {});

/// The mean over the steps that a mask (T, B) leaves of x (T, B, ...): (B, ...); zeros for a
/// sequence without any.
[[nodiscard]] Var masked_mean(Var x, Var mask);

/// Each sequence of x (T, B, ...) reversed within its length; its padding stays where it is.
[[nodiscard]] Var reverse_padded(Var x, std::span<const Index> lengths);

/// Batches of up to `size` sequences of similar length, so that little is padded: their positions,
/// the shortest first, of equal lengths in order.
[[nodiscard]] std::vector<std::vector<Index>> bucket_by_length(std::span<const Index> lengths,
                                                               Index size);

}  // namespace unroll
