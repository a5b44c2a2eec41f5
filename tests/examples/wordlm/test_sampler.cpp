#include "wordlm/sampler.h"

#include <doctest/doctest.h>
#include <unroll/core/error.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "text/words.h"

namespace wordlm {
namespace {

using text::Sentence;

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
                              std::uint64_t seed = 1, const Ids& prompt = {}) {
  std::vector<Sentence> sentences;
  sample(model, vocabulary(), options, prompt, seed, count, [&](int number, const Ids& ids) {
    CHECK(number == std::ssize(sentences));
    Sentence& sentence = sentences.emplace_back();
    for (const std::int32_t id : ids) sentence.push_back(vocabulary().word(id));
  });
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
  std::vector<double> weights;
  const double top = *std::ranges::max_element(logits);
  for (const double logit : logits) weights.push_back(std::exp((logit - top) / temperature));
  unroll::Random random(11);
  for (int i = 0; i < draws; ++i) ++result[draw(weights, random)];
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
  const Sentence sentence = samples(model, {0.01, 8, 8}, 1).at(0);

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
  const std::vector<std::vector<double>> bad = {{kNan, 0}, {0, kNan}, {0, kInfinity}, {0, 0}};
  for (const auto& weights : bad) {
    CHECK_THROWS_WITH_AS((void)draw(weights, random),
                         "nothing to draw: the model's outputs are not numbers",
                         unroll::ValueError);
  }
  const Model model = model_of({0, 0, 0, kNan, 0, 0, 0, 0, 0});
  CHECK_THROWS_AS((void)samples(model, {}, 1), unroll::ValueError);
  CHECK_THROWS_AS((void)search(model, vocabulary(), {}, {}, 2), unroll::ValueError);
}

TEST_CASE("a sample depends on its number, not on how many are drawn") {
  const Model model = model_of({0, 1, 0, 2, 1, 0, 0, 0, 0});
  const auto many = samples(model, {}, 150);
  for (const int count : {1, 3, 40, 100}) {
    const auto few = samples(model, {}, count);
    CHECK(std::ranges::equal(few, std::span(many).first(static_cast<std::size_t>(count))));
  }
}

TEST_CASE("samples begin with the prompt, and go on as the model does after it") {
  Settings settings;
  settings.model.hidden = 6;
  settings.model.embedding = 5;
  const Model model(settings, vocabulary().size());
  for (float& value : model.parameters().change<float>()) value *= 8;
  // What the likeliest continuation is after those words, asked of the model itself.
  Ids ids = {vocabulary().sentence_start(), 3, 4, 4};
  unroll::Tape tape;
  const auto x = tape.input(unroll::Tensor::of<std::int32_t>({4, 1}, ids));
  const auto logits = model.run(x, model.start(tape, 1)).logits.value().to_doubles();
  const auto last = logits.end() - vocabulary().size();
  const auto likeliest = std::max_element(last + 3, logits.end()) - last;
  for (const Sentence& sentence : samples(model, {0.01, 1, 4}, 3, 1, {3, 4, 4})) {
    REQUIRE(sentence.size() > 3);
    CHECK(std::vector(sentence.begin(), sentence.begin() + 3) == Sentence{"cat", "dog", "dog"});
    CHECK(sentence[3] == vocabulary().word(static_cast<std::int32_t>(likeliest)));
  }
}

TEST_CASE("only the likeliest are left by top-k and top-p") {
  using Weights = std::vector<double>;
  const auto narrowed = [](Weights weights, int top_k, double top_p) {
    narrow(weights, top_k, top_p);
    return weights;
  };
  const Weights weights = {0.1, 0.4, 0.2, 0.3};
  CHECK(narrowed(weights, 0, 1) == weights);
  CHECK(narrowed(weights, 2, 1) == Weights{0, 0.4, 0, 0.3});
  CHECK(narrowed(weights, 9, 1) == weights);
  CHECK(narrowed(weights, 0, 0.65) == Weights{0, 0.4, 0, 0.3});
  CHECK(narrowed(weights, 0, 0.75) == Weights{0, 0.4, 0.2, 0.3});
  CHECK(narrowed(weights, 0, 1e-9) == Weights{0, 0.4, 0, 0});
  CHECK(narrowed(weights, 2, 0.5) == Weights{0, 0.4, 0, 0});  // of the two that top-k left
  CHECK(narrowed({0.5, 0.5, 0}, 1, 1) == Weights{0.5, 0, 0});
}

/// All sentences of cat, dog and . with at most `longest` words and their log-probabilities.
std::vector<Found> all_sentences(const Model& model, int longest) {
  std::vector<Found> all;
  std::vector<Ids> beginnings = {{}};
  for (int length = 0; length < longest; ++length) {
    std::vector<Ids> longer;
    for (const Ids& beginning : beginnings) {
      for (std::int32_t id = 3; id < 6; ++id) {
        Ids& ids = longer.emplace_back(beginning);
        ids.push_back(id);
        unroll::Tape tape(model.parameters().dtype());
        Ids read = {vocabulary().sentence_start()};
        read.insert(read.end(), ids.begin(), ids.end());
        const auto steps = static_cast<unroll::Index>(read.size());
        const auto x = tape.input(unroll::Tensor::of<std::int32_t>({steps, 1}, read));
        const auto logits = model.run(x, model.start(tape, 1)).logits.value().to_doubles();
        read.push_back(vocabulary().sentence_end());
        double log_probability = 0;
        for (std::size_t t = 0; t + 1 < read.size(); ++t) {
          const double* const row = logits.data() + t * 6;
          double total =
              0;  // of the words that may be drawn: no start, no unknown one, no end at first
          for (const std::size_t i : {1U, 3U, 4U, 5U})
            total += t == 0 && i == 1 ? 0 : std::exp(row[i]);
          log_probability += row[read[t + 1]] - std::log(total);
        }
        all.push_back({ids, log_probability});
      }
    }
    beginnings = longer;
  }
  std::ranges::sort(all, std::ranges::greater(), &Found::log_probability);
  return all;
}

TEST_CASE("a wide enough beam finds the likeliest sentences there are") {
  Settings settings;
  settings.model.hidden = 6;
  settings.model.embedding = 5;
  settings.model.double_precision = true;
  const Model model(settings, vocabulary().size());
  for (double& value : model.parameters().change<double>()) value *= 6;
  constexpr int kLongest = 3;
  const auto expected = all_sentences(model, kLongest);
  // Longer ones than `all` knows are cut off by the search as well: one word more, without an end.
  const auto found = search(model, vocabulary(), {1, 1, kLongest + 1}, {}, 40);
  std::size_t at = 0;
  for (const Found& one : found) {
    if (static_cast<int>(one.ids.size()) > kLongest) continue;
    REQUIRE(at < expected.size());
    CHECK(one.ids == expected[at].ids);
    CHECK(one.log_probability == doctest::Approx(expected[at].log_probability));
    ++at;
  }
  CHECK(at > 10);
  const auto prompted = search(model, vocabulary(), {1, 1, 6}, {4, 4}, 3);
  REQUIRE(prompted.size() == 3);
  for (const Found& one : prompted) CHECK((one.ids[0] == 4 && one.ids[1] == 4));
  CHECK(prompted[0].log_probability >= prompted[1].log_probability);
}

}  // namespace
}  // namespace wordlm
