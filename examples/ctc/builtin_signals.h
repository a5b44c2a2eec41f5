#pragma once
/// Signals made by a hidden Markov model, whose own decoders are known.

#include <cstdint>

#include "ctc/signals.h"

namespace ctc {

/// A signal has 24, 32 or 40 frames. Behind them a path of symbols runs, a blank or one of the
/// letters a to e at each frame. It begins as after a blank. A blank is followed by another blank
/// with probability 0.6, else by any letter; a letter by itself with probability 0.8, by a blank
/// with 0.1, and with 0.1 by one of the other letters. A frame has five numbers: at a blank all
/// have the mean 0, at the n-th letter the n-th has the mean 1, and noise with a standard deviation
/// of 0.3 is added to each. The labels are those of the path: labels_of().
[[nodiscard]] Signals builtin_signals(std::int64_t count, std::uint64_t seed);

/// The logarithms of the process's transition probabilities between symbols.
[[nodiscard]] Rows process_transitions();
/// The logarithms of the density of each frame of a built-in signal under each symbol, up to a
/// constant that is the same for all.
[[nodiscard]] Rows process_likelihoods(const Signal& signal);

/// A beam that finds the likeliest labels of built-in signals: a test holds it against one ten
/// times as wide.
inline constexpr std::size_t kProcessBeam = 100;

}  // namespace ctc
