#pragma once
/// Units that follow something that can be counted along a text: whether a quote is open, how many
/// brackets are (Karpathy 2015, "The Unreasonable Effectiveness of Recurrent Neural Networks";
/// Karpathy, Johnson & Fei-Fei 2016).

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "wordlm/inspect.h"

namespace wordlm {

/// A number after each token that was read.
struct Quantity {
  std::string name;
  std::vector<double> values;
};

/// What every text can be asked: whether a quote is open (1 or 0), how many brackets are, and how
/// many tokens were read since the line began.
[[nodiscard]] std::vector<Quantity> quantities_of(const InspectedText& text);

/// A unit counts as one that follows a quantity where the correlation is at least this, positive or
/// negative, over at least so many tokens.
inline constexpr double kTracks = 0.95;
inline constexpr std::size_t kTokensToTrack = 100;

/// The unit whose memory (c of an LSTM, else its output) goes with a quantity best, as it is or as
/// the rest of the cell sees it, by its tanh: what counts is not bounded, what remembers is.
struct Tracking {
  std::string quantity;
  std::size_t layer = 0;
  std::int64_t unit = 0;
  double correlation = 0;
  bool squashed = false;  // whether it is the tanh of the memory

  [[nodiscard]] bool tracks() const;
};

/// Pearson's correlation of two lists of one length; 0 where one of them does not vary.
[[nodiscard]] double correlation(std::span<const double> x, std::span<const double> y);

/// The memory of a layer: the activation called c, else the last.
[[nodiscard]] const Activation& memory_of(const InspectedLayer& layer);

/// The best unit of each quantity that varies. `quantities[i]` are those of texts[i], the same ones
/// in the same order. Empty where there are fewer than kTokensToTrack tokens: among many units some
/// go with anything for a short while.
[[nodiscard]] std::vector<Tracking> find_tracking(
    std::span<const InspectedText> texts, const std::vector<std::vector<Quantity>>& quantities);

}  // namespace wordlm
