#include "wordlm/sampler.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace wordlm {
namespace {

constexpr int kTries = 100;

/// One attempt; whether it ended by itself.
bool try_sentence(const Model& model, const Vocabulary& vocabulary, const SamplingOptions& options,
                  unroll::Random& random, Sentence& sentence) {
  sentence.clear();
  unroll::Tape tape(model.parameters().dtype());
  auto carried = unroll::carry(model.start(tape, 1));
  std::int32_t word = Vocabulary::kSentenceStart;
  while (true) {
    tape.clear();  // the state is carried over, so a word costs the same however long the sentence
    const unroll::Var x = tape.input(unroll::Tensor::of<std::int32_t>({1, 1}, {word}));
    const auto [output, last] = model.run(x, unroll::restore(tape, carried));
    std::vector<double> logits = output.value().to_doubles();
    carried = unroll::carry(last);

    const auto forbid = [&](std::int32_t id) {
      logits[static_cast<std::size_t>(id)] = -std::numeric_limits<double>::infinity();
    };
    forbid(Vocabulary::kSentenceStart);
    forbid(Vocabulary::kUnknown);
    for (auto id = vocabulary.size(); id < static_cast<int>(logits.size()); ++id) forbid(id);
    if (static_cast<int>(sentence.size()) < options.min_words) forbid(Vocabulary::kSentenceEnd);

    word = static_cast<std::int32_t>(draw(logits, options.temperature, random));
    if (word == Vocabulary::kSentenceEnd) return true;
    if (static_cast<int>(sentence.size()) == options.max_words) return false;
    sentence.push_back(vocabulary.word(word));
  }
}

}  // namespace

std::size_t draw(std::span<const double> logits, double temperature, unroll::Random& random) {
  const double top = *std::max_element(logits.begin(), logits.end());
  std::vector<double> weights(logits.size());
  std::transform(logits.begin(), logits.end(), weights.begin(),
                 [=](double logit) { return std::exp((logit - top) / temperature); });
  double total = 0;
  for (const double weight : weights) total += weight;
  if (!(total > 0) || !std::isfinite(total)) {
    unroll::fail<unroll::ValueError>("nothing to draw: the model's outputs are not numbers");
  }
  const double point = random.uniform() * total;
  double sum = 0;
  std::size_t last = 0;  // the last with a weight: what rounding at the very end falls on
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] == 0) continue;
    last = i;
    sum += weights[i];
    if (point < sum) break;
  }
  return last;
}

Sentence sample_sentence(const Model& model, const Vocabulary& vocabulary,
                         const SamplingOptions& options, unroll::Random& random) {
  Sentence sentence;
  for (int i = 0; i < kTries; ++i) {
    if (try_sentence(model, vocabulary, options, random, sentence)) break;
  }
  return sentence;
}

}  // namespace wordlm
