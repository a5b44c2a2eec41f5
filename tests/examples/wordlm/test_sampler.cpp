#include "wordlm/sampler.h"

#include <doctest/doctest.h>
#include <unroll/core/error.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace wordlm {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr std::int64_t kIds = 9;  // three more than there are words

const Vocabulary& vocabulary() {
  static const Vocabulary words(
      {"SENTENCE_START", "SENTENCE_END", "UNKNOWN_TOKEN", "cat", "dog", "."});
  return words;
}

/// A model whose logits are nearly these, whatever it has read.
Model model_of(const std::vector<double>& logits) {
  Settings settings;
  settings.model.hidden = 4;
  settings.model.embedding = 3;
  settings.model.double_precision = true;
  Model model(settings, kIds);
  const unroll::Parameters& parameters = model.parameters();
  parameters["output.b"].set(unroll::Tensor::of<double>({kIds}, logits));
  return model;
}

std::vector<Sentence> samples(const Model& model, const SamplingOptions& options, int count,
                              std::uint64_t seed = 1) {
  unroll::Random random(seed);
  std::vector<Sentence> sentences;
  for (int i = 0; i < count; ++i) {
    sentences.push_back(sample_sentence(model, vocabulary(), options, random));
  }
  return sentences;
}

/// Whether all words of all sentences are words to be written.
bool all_words(const std::vector<Sentence>& sentences) {
  return std::ranges::all_of(sentences, [](const Sentence& sentence) {
    return std::ranges::all_of(sentence, [](const std::string& word) {
      return word == "cat" || word == "dog" || word == ".";
    });
  });
}

/// How often each index is drawn.
std::vector<double> counts(const std::vector<double>& logits, double temperature, int draws) {
  std::vector<double> result(logits.size());
  unroll::Random random(11);
  for (int i = 0; i < draws; ++i) ++result[draw(logits, temperature, random)];
  return result;
}

/// Pearson's statistic of the counts of draws against softmax(logits / temperature).
double chi_square(const std::vector<double>& logits, double temperature) {
  constexpr int kDraws = 50000;
  const std::vector<double> seen = counts(logits, temperature, kDraws);
  double total = 0;
  for (const double logit : logits) total += std::exp(logit / temperature);
  double statistic = 0;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    const double expected = kDraws * std::exp(logits[i] / temperature) / total;
    if (expected > 0) statistic += (seen[i] - expected) * (seen[i] - expected) / expected;
  }
  return statistic;
}

TEST_CASE("special words and ids without a word are never written") {
  // The forbidden ones would be all but certain.
  const Model model = model_of({40, 0, 40, 0, 0, 0, 40, 40, 40});
  const auto sentences = samples(model, {}, 200);
  CHECK(all_words(sentences));
  CHECK(std::ranges::any_of(sentences, [](const Sentence& s) { return s.size() > 6; }));
}

TEST_CASE("a sentence has at least and at most so many words") {
  const SamplingOptions options{1, 3, 5};
  const auto has = [](std::size_t least, std::size_t most) {
    return [=](const Sentence& s) { return least <= s.size() && s.size() <= most; };
  };
  const auto eager = samples(model_of({0, 40, 0, 0, 0, 0, 0, 0, 0}), options, 50);
  CHECK(std::ranges::all_of(eager, has(3, 3)));
  const auto mixed = samples(model_of({0, 1, 0, 0, 0, 0, 0, 0, 0}), options, 300);
  CHECK(std::ranges::all_of(mixed, has(3, 5)));
  for (const std::size_t length : {3U, 4U, 5U}) {
    CHECK(std::ranges::any_of(mixed, has(length, length)));
  }
  // One that does not end is given up and returned as it is.
  const auto endless = samples(model_of({0, -40, 0, 0, 0, 0, 0, 0, 0}), options, 3);
  CHECK(std::ranges::all_of(endless, has(5, 5)));

  const auto empty = samples(model_of({0, 40, 0, 0, 0, 0, 0, 0, 0}), {1, 0, 5}, 5);
  CHECK(std::ranges::all_of(empty, has(0, 0)));
}

TEST_CASE("at a low temperature the likeliest word is written, at a high one any") {
  const Model model = model_of({0, -9, 0, 2, 1, 0, 0, 0, 0});
  for (const Sentence& sentence : samples(model, {0.01, 4, 6}, 5)) {
    CHECK(sentence == Sentence(6, "cat"));
  }
  std::vector<double> seen(3);
  for (const Sentence& sentence : samples(model, {100, 20, 1000}, 200)) {
    for (const std::string& word : sentence) {
      ++seen[static_cast<std::size_t>(vocabulary().id(word) - 3)];
    }
  }
  const double total = seen[0] + seen[1] + seen[2];
  CHECK(total > 4000);
  for (const double count : seen) CHECK(count / total == doctest::Approx(1.0 / 3).epsilon(0.1));
}

TEST_CASE("the same seed writes the same sentences, another one others") {
  const Model model = model_of({0, 0, 0, 0, 0, 0, 0, 0, 0});
  CHECK(samples(model, {}, 10, 4) == samples(model, {}, 10, 4));
  CHECK(samples(model, {}, 10, 4) != samples(model, {}, 10, 5));
}

TEST_CASE("the state of the model is carried from word to word") {
  // One word of output from the weights alone would be the same at every step; with a state it
  // must be what running over the whole beginning gives.
  Settings settings;
  settings.model.hidden = 6;
  settings.model.embedding = 5;
  settings.model.double_precision = true;
  const Model model(settings, vocabulary().size());
  for (double& value : model.parameters().change<double>()) value *= 8;  // far from guessing
  unroll::Random random(1);
  const SamplingOptions greedy{0.01, 8, 8};
  const Sentence sentence = sample_sentence(model, vocabulary(), greedy, random);

  Ids ids = {vocabulary().sentence_start()};
  for (const std::string& word : sentence) {
    unroll::Tape tape(unroll::DType::f64);
    const auto steps = static_cast<unroll::Index>(ids.size());
    const auto x = tape.input(unroll::Tensor::of<std::int32_t>({steps, 1}, ids));
    const auto logits = model.run(x, model.start(tape, 1)).logits.value().to_doubles();
    const auto last = logits.end() - vocabulary().size();
    CHECK(word == vocabulary().word(
                      static_cast<std::int32_t>(std::max_element(last + 3, logits.end()) - last)));
    ids.push_back(vocabulary().id(word));
  }
}

TEST_CASE("draws come as often as the softmax says") {
  // 30 is passed once in 10^5 for five degrees of freedom, and the seed is fixed.
  const std::vector<double> logits = {-1, 0.5, 3, 0, -2.5, 2};
  CHECK(chi_square(logits, 1) < 30);
  CHECK(chi_square(logits, 0.5) < 30);
  CHECK(chi_square(logits, 10) < 30);
  CHECK(chi_square({1000, 1001, 1002}, 1) < 30);  // where exp(1000) would overflow
}

TEST_CASE("what has no probability is never drawn") {
  const std::vector<double> logits = {-kInfinity, 0, -kInfinity, 0, -kInfinity};
  for (const double temperature : {0.01, 1.0, 100.0}) {
    const std::vector<double> seen = counts(logits, temperature, 20000);
    CHECK(seen[0] + seen[2] + seen[4] == 0);
    CHECK(std::abs(seen[1] - seen[3]) < 1000);
  }
}

TEST_CASE("sampler: temperatures of 0 and infinity are refused or defined limits") {
  CHECK(counts({0, 1, 0.5}, 0.01, 1000) == std::vector<double>{0, 1000, 0});
  CHECK(chi_square({0, 1, 0.5}, 100) < 30);
}

TEST_CASE("outputs that are no numbers are an error") {
  unroll::Random random(1);
  const std::vector<std::vector<double>> bad = {
      {kNan, 0}, {0, kNan}, {0, kInfinity}, {-kInfinity, -kInfinity}, {kNan, -kInfinity}};
  for (const auto& logits : bad) {
    CHECK_THROWS_WITH_AS((void)draw(logits, 1, random),
                         "nothing to draw: the model's outputs are not numbers",
                         unroll::ValueError);
  }
  const Model model = model_of({0, 0, 0, kNan, 0, 0, 0, 0, 0});
  CHECK_THROWS_AS((void)sample_sentence(model, vocabulary(), {}, random), unroll::ValueError);
}

}  // namespace
}  // namespace wordlm
