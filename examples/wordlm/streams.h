#pragma once
/// Running text: one long sequence of words, cut into parallel streams that are read piece by piece
/// with a state carried from each piece to the next (Zaremba et al. 2014).

#include "wordlm/batches.h"

namespace wordlm {

/// A running text side by side with itself: `batch` streams of equal length, each going on where
/// the one before it ends.
class Streams {
 public:
  /// Pieces of `steps` steps, the last one perhaps of fewer. Throws unroll::Error where there are
  /// fewer words than streams. The ids of `text` have to outlive the
  /// object.
  Streams(std::span<const std::int32_t> text, std::int64_t batch, std::int64_t steps);

  [[nodiscard]] std::int64_t pieces() const { return (length_ + steps_ - 1) / steps_; }
  /// Steps of a piece; the last may have fewer.
  [[nodiscard]] std::size_t steps() const { return static_cast<std::size_t>(steps_); }
  /// Column b of x and y is stream b; the state after piece i is the state before piece i + 1.
  [[nodiscard]] Batch piece(std::int64_t number) const { return piece(number, {0, batch_}); }
  /// Columns [part.begin, part.end) of it.
  [[nodiscard]] Batch piece(std::int64_t number, unroll::Interval part) const;

  /// Words of all pieces, and those at the end of the text that the division leaves over.
  [[nodiscard]] std::int64_t words() const { return length_ * batch_; }
  [[nodiscard]] std::int64_t dropped() const;

 private:
  std::span<const std::int32_t> text_;
  std::int64_t batch_;
  std::int64_t steps_;
  std::int64_t length_;  // words of a stream
};

}  // namespace wordlm
