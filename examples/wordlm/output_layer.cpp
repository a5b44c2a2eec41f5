#include "wordlm/output_layer.h"

#include <algorithm>

#include "wordlm/batches.h"
#include "wordlm/initial_weights.h"

namespace wordlm {

using unroll::Reduction;
using unroll::Var;

namespace {

/// Calls the functions of one of several types that a variant may hold.
template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

unroll::Linear linear_output(const unroll::Parameters& parameters, const ModelSettings& s,
                             std::int64_t words, const unroll::Parameter& tied) {
  const InitialWeights begin = initial_weights(s.initial);
  if (tied) return {tied, parameters, s.bias, begin.output_bias};
  return {parameters, s.outputs(), words, s.bias, begin.output, begin.output_bias};
}

}  // namespace

std::vector<std::int64_t> count_targets(const SentenceList& text, std::int64_t words) {
  std::vector<std::int64_t> counts(static_cast<std::size_t>(words), 0);
  text.for_each_piece([&](std::span<const std::int32_t> ids) {
    for (const std::int32_t id : ids) ++counts[static_cast<std::size_t>(id)];
  });
  for (std::size_t i = 0; i < text.size(); ++i) --counts[static_cast<std::size_t>(text[i].front())];
  return counts;
}

OutputLayer::OutputLayer(const unroll::Parameters& p, const ModelSettings& s, std::int64_t words,
                         std::span<const std::int64_t> counts, const unroll::Parameter& tied)
    : layer_([&]() -> Layer {
        if (s.output == "full") return linear_output(p, s, words, tied);
        if (std::ssize(counts) != words) {
          unroll::fail<unroll::Error>(
              "--output {} needs a count for each of {} words, there are {}", s.output, words,
              counts.size());
        }
        const auto [cell, embedding, output, output_bias] = initial_weights(s.initial);
        const std::int64_t in = s.outputs();
        if (s.output == "adaptive") {
          return unroll::AdaptiveSoftmax(
              p, in, counts,
              {.bias = s.bias, .initialize = output, .initialize_bias = output_bias});
        }
        if (s.output == "hierarchical") {
          return unroll::HierarchicalSoftmax(p, in, counts, {s.bias, output, output_bias});
        }
        if (s.output == "class") {
          return unroll::ClassFactoredSoftmax(
              p, in, counts,
              {.bias = s.bias, .initialize = output, .initialize_bias = output_bias});
        }
        return unroll::SampledSoftmax(linear_output(p, s, words, tied), counts,
                                      std::min(s.sampled, words));
      }()) {}

Var OutputLayer::loss(Var h, const unroll::Tensor& y) const {
  return std::visit(
      Overloaded{[&](const unroll::Linear& layer) {
                   return unroll::softmax_cross_entropy(layer, h, h.tape().input(y), Reduction::sum,
                                                        kPadding);
                 },
                 [&](const auto& layer) { return layer.loss(h, y, Reduction::sum, kPadding); }},
      layer_);
}

Var OutputLayer::training_loss(Var h, const unroll::Tensor& y, unroll::Noise& noise) const {
  const auto* const sampled = std::get_if<unroll::SampledSoftmax>(&layer_);
  if (sampled == nullptr) return loss(h, y);
  return sampled->training_loss(h, y, noise, Reduction::sum, kPadding);
}

Var OutputLayer::losses(Var h, const unroll::Tensor& y) const {
  const auto of_logits = [&](const unroll::Linear& layer) {
    return unroll::cross_entropy(layer(h), h.tape().input(y), kPadding);
  };
  return std::visit(
      Overloaded{of_logits,
                 [&](const unroll::SampledSoftmax& layer) { return of_logits(layer.output); },
                 [&](const auto& layer) { return layer.losses(h, y, kPadding); }},
      layer_);
}

Var OutputLayer::logits(Var h) const {
  return std::visit(Overloaded{[&](const unroll::Linear& layer) { return layer(h); },
                               [&](const unroll::SampledSoftmax& layer) { return layer.output(h); },
                               [&](const auto& layer) { return layer.log_probabilities(h); }},
                    layer_);
}

std::vector<std::pair<std::string, unroll::Shape>> output_shapes(const ModelSettings& s,
                                                                 std::int64_t words) {
  const std::int64_t in = s.outputs();
  if (s.output == "hierarchical") return {{"output.nodes.W", {words - 1, in}}};
  if (s.output == "class") return {{"output.words.W", {words, in}}};
  if (s.output != "adaptive") {
    if (s.tie) return {};
    return {{"output.W", {words, in}}};
  }
  std::vector<std::int64_t> ends = unroll::adaptive_cutoffs(words);
  const std::int64_t clusters = std::ssize(ends);
  ends.push_back(words);
  std::vector<std::pair<std::string, unroll::Shape>> shapes{
      {"output.head.W", {ends[0] + clusters, in}}};
  std::int64_t width = in;
  for (std::size_t i = 0; i + 1 < ends.size(); ++i) {
    width = std::max<std::int64_t>(width / 4, 1);
    shapes.push_back({fmt::format("output.tails.{}.output.W", i), {ends[i + 1] - ends[i], width}});
  }
  return shapes;
}

}  // namespace wordlm
