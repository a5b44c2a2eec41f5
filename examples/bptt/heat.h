#pragma once
/// Which step's gradient reaches which step: the whole matrix, and the words that a word model
/// depends on.

#include <unroll/unroll.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bptt/folder.h"
#include "bptt/language_model.h"

namespace bptt {

/// A number for each pair of a loss at step t and a value at step k, not a number for k > t.
struct Matrix {
  std::size_t steps = 0;
  std::vector<double> values;  // row t, column k

  [[nodiscard]] double at(std::size_t t, std::size_t k) const { return values[t * steps + k]; }
};

/// ||d losses[t] / d values[k]||, as the tape differentiates them: through every way from values[k]
/// to losses[t]. Losses have one element each.
[[nodiscard]] Matrix influence(std::span<const unroll::Var> losses,
                               std::span<const unroll::Var> values);

/// The mean over t of at(t, t - distance) / at(t, t): what is left of a gradient after so many
/// steps.
[[nodiscard]] double left_after(const Matrix& matrix, std::size_t distance);

/// The part of a cell's state whose gradients are looked at.
enum class StatePart : std::uint8_t { output, memory };  // h, or c of an LSTM

/// The influence matrix of an untrained cell of `hidden` units that reads `steps` random vectors
/// and predicts a random class after each: of its losses, and of the given part of its state.
[[nodiscard]] Matrix cell_influence(std::string_view cell, StatePart part, std::size_t steps,
                                    unroll::Index hidden, std::uint64_t seed);

/// A sentence that a word model has read, and what its predictions depend on.
struct Connections {
  std::vector<std::string> read;       // the words read, one a step
  std::vector<std::string> predicted;  // the word after each
  std::vector<double> log_p;           // what the model gave it
  Matrix influence;                    // ||d logit of predicted[t] / d vector of read[k]||

  /// The part of word k in the row of step t, which has the sum 1.
  [[nodiscard]] double share(std::size_t t, std::size_t k) const;
  /// The words read that the prediction at step t depends on most, the most important first.
  [[nodiscard]] std::vector<std::size_t> strongest(std::size_t t, std::size_t count) const;
};

/// The connections of a text of at least two tokens (Madsen 2019, "Visualizing memorization in
/// RNNs", distill.pub).
[[nodiscard]] Connections connections(const LanguageModel& model, const TokenText& text,
                                      const std::vector<std::string>& tokens);

/// The page that shows them: a word that is pointed at, or reached by Tab and the arrow keys,
/// colours the words it was predicted from.
[[nodiscard]] std::string connections_page(const std::vector<Connections>& sentences,
                                           std::string_view model);

/// The chapter.
void run_heat(const Folder& folder);

}  // namespace bptt
