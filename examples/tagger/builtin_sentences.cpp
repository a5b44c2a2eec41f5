#include "tagger/builtin_sentences.h"

#include <fmt/format.h>
#include <unroll/core/error.h>
#include <unroll/core/random.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "common/numbers.h"

namespace tagger {
namespace {

enum Tag : std::int8_t { kPerson, kEating, kDealing, kFruit, kCompany, kArticle, kTime, kTags };
constexpr std::array<const char*, kTags> kNames = {"person",  "eating",  "dealing", "fruit",
                                                   "company", "article", "time"};

/// The probability of the tag that follows, then that of the end.
using Row = std::array<double, kTags + 1>;
// clang-format off
//                   person  eating dealing fruit company article time  end
constexpr Row kStart = {0.85, 0,    0,      0,    0,      0,      0.15, 0};
constexpr std::array<Row, kTags> kTransitions = {{
    /* person  */      {0,    0.45, 0.45,   0,    0,      0,      0.1,  0},
    /* eating  */      {0,    0,    0,      0.65, 0,      0.35,   0,    0},
    /* dealing */      {0,    0,    0,      0,    0.9,    0.1,    0,    0},
    /* fruit   */      {0.2,  0,    0,      0,    0,      0,      0.6,  0.2},
    /* company */      {0.25, 0,    0,      0,    0,      0,      0.15, 0.6},
    /* article */      {0,    0,    0,      0.8,  0.2,    0,      0,    0},
    /* time    */      {0.5,  0,    0,      0,    0,      0,      0,    0.5},
}};
// clang-format on

struct Word {
  std::string_view text;
  double probability;
};
const std::array<std::vector<Word>, kTags> kWords = {{
    {{"anna", 0.3}, {"ben", 0.3}, {"rose", 0.2}, {"olive", 0.2}},
    {{"eats", 0.3}, {"peels", 0.2}, {"likes", 0.25}, {"buys", 0.25}},
    {{"joins", 0.2}, {"sues", 0.2}, {"likes", 0.3}, {"buys", 0.3}},
    {{"apple", 0.3}, {"orange", 0.25}, {"blackberry", 0.15}, {"banana", 0.2}, {"olive", 0.1}},
    {{"apple", 0.3}, {"orange", 0.25}, {"blackberry", 0.2}, {"shell", 0.15}, {"amazon", 0.1}},
    {{"the", 1}},
    {{"today", 0.4}, {"often", 0.3}, {"again", 0.3}},
}};

/// A number below `count`, drawn with the probability of each.
template <class Probability>
std::size_t draw(std::size_t count, unroll::Random& random, Probability&& probability) {
  double left = random.uniform();
  for (std::size_t i = 0; i + 1 < count; ++i) {
    left -= probability(i);
    if (left < 0) return i;
  }
  return count - 1;
}

double emission(std::size_t tag, std::string_view word) {
  for (const Word& one : kWords[tag]) {
    if (one.text == word) return one.probability;
  }
  return 0;
}

double product_with_log(double p, double factor) { return p > 0 ? p * std::log(factor) : 0; }

using Column = std::array<double, kTags>;

/// p(tag, words up to here) of each word, and p(words after it | tag).
struct Passes {
  std::vector<Column> forward;
  std::vector<Column> backward;
};

Passes run_passes(std::span<const std::string> words) {
  const std::size_t length = words.size();
  Passes passes{std::vector<Column>(length), std::vector<Column>(length)};
  for (std::size_t t = 0; t < length; ++t) {
    for (std::size_t to = 0; to < kTags; ++to) {
      double before = t == 0 ? kStart[to] : 0;
      for (std::size_t from = 0; from < kTags && t > 0; ++from) {
        before += passes.forward[t - 1][from] * kTransitions[from][to];
      }
      passes.forward[t][to] = before * emission(to, words[t]);
    }
  }
  for (std::size_t t = length; t-- > 0;) {
    for (std::size_t from = 0; from < kTags; ++from) {
      double after = t + 1 == length ? kTransitions[from][kTags] : 0;
      for (std::size_t to = 0; to < kTags && t + 1 < length; ++to) {
        after += kTransitions[from][to] * emission(to, words[t + 1]) * passes.backward[t + 1][to];
      }
      passes.backward[t][from] = after;
    }
  }
  return passes;
}

}  // namespace

Corpus builtin_sentences(std::int64_t count, std::uint64_t seed) {
  Corpus corpus;
  corpus.tags.assign(kNames.begin(), kNames.end());
  unroll::Random random(seed, unroll::hash_name("built-in tagged sentences"));
  for (std::int64_t i = 0; i < count; ++i) {
    Sentence sentence;
    const Row* row = &kStart;
    while (true) {
      const std::size_t tag = draw(kTags + 1, random, [&](std::size_t k) { return (*row)[k]; });
      if (tag == kTags) break;
      const std::vector<Word>& words = kWords[tag];
      const std::size_t word =
          draw(words.size(), random, [&](std::size_t k) { return words[k].probability; });
      sentence.words.emplace_back(words[word].text);
      sentence.tags.push_back(static_cast<std::int32_t>(tag));
      row = &kTransitions[tag];
    }
    corpus.sentences.push_back(std::move(sentence));
  }
  corpus.description =
      fmt::format("built-in sentences: {}", examples::grouped(std::ssize(corpus.sentences)));
  return corpus;
}

Posterior posterior_of(std::span<const std::string> words) {
  const Passes passes = run_passes(words);
  double total = 0;  // p(words)
  for (std::size_t k = 0; k < kTags && !words.empty(); ++k) {
    total += passes.forward[0][k] * passes.backward[0][k];
  }
  if (!(total > 0)) unroll::fail<unroll::ValueError>("the built-in process says no such sentence");
  Posterior posterior;
  // The entropy is log p(words) less the mean, over all ways to tag them, of log p(words, tags).
  posterior.entropy = std::log(total);
  for (std::size_t t = 0; t < words.size(); ++t) {
    Column probability;
    for (std::size_t to = 0; to < kTags; ++to) {
      probability[to] = passes.forward[t][to] * passes.backward[t][to] / total;
      posterior.entropy -= product_with_log(probability[to], emission(to, words[t]));
      if (t == 0) posterior.entropy -= product_with_log(probability[to], kStart[to]);
      if (t + 1 == words.size()) {
        posterior.entropy -= product_with_log(probability[to], kTransitions[to][kTags]);
      }
      for (std::size_t from = 0; from < kTags && t > 0; ++from) {
        const double pair = passes.forward[t - 1][from] * kTransitions[from][to] *
                            emission(to, words[t]) * passes.backward[t][to] / total;
        posterior.entropy -= product_with_log(pair, kTransitions[from][to]);
      }
    }
    const auto best = std::ranges::max_element(probability);
    posterior.tags.push_back(static_cast<std::int32_t>(best - probability.begin()));
    posterior.right += *best;
  }
  return posterior;
}

BestPossible best_possible(const Corpus& corpus) {
  BestPossible sum{0, 0};
  for (const Sentence& sentence : corpus.sentences) {
    const Posterior posterior = posterior_of(sentence.words);
    sum.accuracy += posterior.right;
    sum.nats += posterior.entropy;
  }
  const auto words = static_cast<double>(corpus.words());
  return {sum.accuracy / words, sum.nats / words};
}

}  // namespace tagger
