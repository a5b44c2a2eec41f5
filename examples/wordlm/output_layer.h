#pragma once
/// What makes probabilities of words of the states of the hidden layer: the choice of --output.

#include <unroll/unroll.h>

#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "wordlm/corpus.h"
#include "wordlm/settings.h"

namespace wordlm {

/// How often a model has to predict each of its ids in a text: what all output layers but the full
/// softmax are made by.
[[nodiscard]] std::vector<std::int64_t> count_targets(const SentenceList& text, std::int64_t words);

class OutputLayer {
 public:
  /// Adds its parameters to `parameters`, but for a weight matrix that is `tied`. `counts`: one a
  /// word, or none for the full softmax. unroll::Error where they are needed and do not fit.
  OutputLayer(const unroll::Parameters& parameters, const ModelSettings& settings,
              std::int64_t words, std::span<const std::int64_t> counts,
              const unroll::Parameter& tied);

  /// The sum of -log p(y) of h (T, B, units), y (T, B); targets that are kPadding count nothing.
  [[nodiscard]] unroll::Var loss(unroll::Var h, const unroll::Tensor& y) const;
  /// What is minimised instead of it: the same, but for the sampled softmax.
  [[nodiscard]] unroll::Var training_loss(unroll::Var h, const unroll::Tensor& y,
                                          unroll::Noise& noise) const;
  /// -log p of each target, (T, B).
  [[nodiscard]] unroll::Var losses(unroll::Var h, const unroll::Tensor& y) const;
  /// Numbers (T, B, words) whose softmax are the probabilities of the words.
  [[nodiscard]] unroll::Var logits(unroll::Var h) const;

 private:
  using Layer = std::variant<unroll::Linear, unroll::AdaptiveSoftmax, unroll::HierarchicalSoftmax,
                             unroll::ClassFactoredSoftmax, unroll::SampledSoftmax>;
  Layer layer_;
};

/// The largest parameters of the output layer of a model, by which its size is known: their names
/// in the model and their shapes. One that is tied has none of its own.
[[nodiscard]] std::vector<std::pair<std::string, unroll::Shape>> output_shapes(
    const ModelSettings& settings, std::int64_t words);

}  // namespace wordlm
