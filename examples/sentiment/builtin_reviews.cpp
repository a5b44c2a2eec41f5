#include "sentiment/builtin_reviews.h"

#include <unroll/core/random.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace sentiment {
namespace {

constexpr double kAgrees = 0.8;   // a judgement with its review
constexpr double kNegated = 0.4;  // judgements
constexpr double kAdverb = 0.3;

using Words = std::array<std::string_view, 8>;
constexpr Words kAspects = {"plot",   "acting", "music",  "camera work",
                            "ending", "humour", "script", "dialogue"};
constexpr Words kGood = {"great",  "good",     "wonderful", "clever",
                         "moving", "charming", "brilliant", "gripping"};
constexpr Words kBad = {"bad", "dull", "awful", "boring", "clumsy", "tedious", "weak", "silly"};
constexpr std::array<std::string_view, 3> kAdverbs = {"really", "quite", "very"};

template <class List>
std::string_view any_of(const List& list, unroll::Random& random) {
  return list[static_cast<std::size_t>(random.below(std::ssize(list)))];
}

void append(std::vector<std::string>& words, std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    words.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

/// One judgement, favourable or not.
void judge_aspect(bool good, unroll::Random& random, std::vector<std::string>& words) {
  const bool negated = random.uniform() < kNegated;
  const std::string_view aspect = any_of(kAspects, random);
  const std::string_view adjective = any_of(good != negated ? kGood : kBad, random);
  const bool nobody = negated && random.uniform() < 1.0 / 3;
  append(words, nobody ? "nobody would call the" : "the");
  append(words, aspect);
  if (!nobody) {
    append(words, "was");
    if (negated) append(words, random.uniform() < 0.5 ? "not" : "never");
  }
  if (random.uniform() < kAdverb) append(words, any_of(kAdverbs, random));
  append(words, adjective);
  append(words, ".");
}

double binomial(int n, int k) {
  return std::tgamma(n + 1) / (std::tgamma(k + 1) * std::tgamma(n - k + 1));
}

}  // namespace

Reviews builtin_reviews(std::int64_t count, std::uint64_t seed) {
  Reviews reviews;
  reviews.labels = {"negative", "positive"};
  unroll::Random random(seed, unroll::hash_name("built-in reviews"));
  for (std::int64_t i = 0; i < count; ++i) {
    const bool positive = random.uniform() < 0.5;
    const int judgements = random.uniform() < 0.5 ? 3 : 5;
    Review review{{}, positive ? 1 : 0};
    for (int j = 0; j < judgements; ++j) {
      const bool agrees = random.uniform() < kAgrees;
      judge_aspect(agrees == positive, random, review.words);
    }
    reviews.reviews.push_back(std::move(review));
  }
  return reviews;
}

double best_accuracy() {
  double sum = 0;
  for (const int n : {3, 5}) {
    for (int k = n / 2 + 1; k <= n; ++k) {
      sum += binomial(n, k) * std::pow(kAgrees, k) * std::pow(1 - kAgrees, n - k) / 2;
    }
  }
  return sum;
}

bool judge_by_majority(const std::vector<std::string>& words) {
  int balance = 0;
  bool negated = false;
  for (const std::string& word : words) {
    if (word == "not" || word == "never" || word == "nobody") negated = true;
    if (word == ".") negated = false;
    const bool good = std::ranges::find(kGood, word) != kGood.end();
    const bool bad = std::ranges::find(kBad, word) != kBad.end();
    if (good || bad) balance += good != negated ? 1 : -1;
  }
  return balance > 0;
}

}  // namespace sentiment
