#include "wordlm/sampler.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace wordlm {
namespace {

constexpr int kTries = 100;

/// A model that is read one word after the other.
class Reader {
 public:
  explicit Reader(const Model& model) : model_(model), tape_(model.parameters().dtype()) {
    carried_ = unroll::carry(model.start(tape_, 1));
  }

  /// The logits of what comes after `word`.
  std::vector<double> read(std::int32_t word) {
    tape_.clear();  // the state is carried over: a word costs the same however many came before it
    const unroll::Var x = tape_.input(unroll::Tensor::of<std::int32_t>({1, 1}, {word}));
    const auto [output, last] = model_.run(x, unroll::restore(tape_, carried_));
    std::vector<double> logits = output.value().to_doubles();
    carried_ = unroll::carry(last);
    return logits;
  }

 private:
  const Model& model_;
  unroll::Tape tape_;
  unroll::Carried<Model::State> carried_;
};

constexpr double kNever = -std::numeric_limits<double>::infinity();

void forbid(std::vector<double>& logits, std::int32_t id) {
  if (id != Vocabulary::kNone) logits[static_cast<std::size_t>(id)] = kNever;
}

/// Forbids ids that stand for no word.
void forbid_nameless(std::vector<double>& logits, const Vocabulary& vocabulary) {
  std::fill(logits.begin() + vocabulary.size(), logits.end(), kNever);
}

/// One attempt; whether it ended by itself.
bool try_sentence(const Model& model, const Vocabulary& vocabulary, const SamplingOptions& options,
                  unroll::Random& random, Sentence& sentence) {
  sentence.clear();
  Reader reader(model);
  std::int32_t word = vocabulary.before_text();
  while (true) {
    std::vector<double> logits = reader.read(word);
    forbid(logits, vocabulary.sentence_start());
    forbid(logits, vocabulary.unknown());
    forbid_nameless(logits, vocabulary);
    if (static_cast<int>(sentence.size()) < options.min_words) {
      forbid(logits, vocabulary.sentence_end());
    }
    word = static_cast<std::int32_t>(draw(logits, options.temperature, random));
    if (word == vocabulary.sentence_end()) return true;
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

std::string sample_text(const Model& model, const Vocabulary& vocabulary,
                        const SamplingOptions& options, unroll::Random& random) {
  std::string text;
  Reader reader(model);
  std::int32_t token = vocabulary.before_text();
  for (int i = 0; i < options.length; ++i) {
    std::vector<double> logits = reader.read(token);
    forbid_nameless(logits, vocabulary);
    token = static_cast<std::int32_t>(draw(logits, options.temperature, random));
    text += vocabulary.word(token);
  }
  return repair_utf8(text).text;
}

}  // namespace wordlm
