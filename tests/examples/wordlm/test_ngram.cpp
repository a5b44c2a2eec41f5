#include "wordlm/ngram.h"

#include <doctest/doctest.h>
#include <unroll/core/error.h>
#include <unroll/core/random.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "small_models.h"

namespace wordlm {
namespace {

using Counts = std::map<Ids, int>;

/// The same probabilities from the formulas as they are written, one n-gram at a time.
class Reference {
 public:
  Reference(const std::vector<Ids>& texts, int order, int words, std::int32_t start)
      : order_(order), words_(words), start_(start) {
    for (int length = 1; length <= order; ++length) {
      Counts seen;
      std::map<Ids, std::set<std::int32_t>> before;
      for (const Ids& text : texts) {
        for (std::size_t end = 2; end <= text.size(); ++end) {
          const auto size = static_cast<std::size_t>(length);
          if (size > end) continue;
          const Ids ngram(text.begin() + static_cast<std::ptrdiff_t>(end - size),
                          text.begin() + static_cast<std::ptrdiff_t>(end));
          if (length == order || size == end) {
            ++seen[ngram];
          } else {
            before[ngram].insert(text[end - size - 1]);
          }
        }
      }
      for (const auto& [ngram, words_before] : before) {
        seen[ngram] += static_cast<int>(words_before.size());
      }
      counts_.push_back(seen);
    }
  }

  [[nodiscard]] double discount(std::size_t length, int count) const {
    if (count == 0) return 0;
    const auto counted = [&](int times) {
      return static_cast<double>(std::ranges::count_if(
          counts_[length - 1], [&](const auto& entry) { return entry.second == times; }));
    };
    const int r = std::min(count, 3);
    if (counted(1) == 0 || counted(r) == 0) return r / 2.0;
    const double y = counted(1) / (counted(1) + 2 * counted(2));
    const double d = r - (r + 1) * y * counted(r + 1) / counted(r);
    return d <= 0 || d >= r ? r / 2.0 : d;
  }

  [[nodiscard]] double probability(Ids context, std::int32_t word) const {
    while (static_cast<int>(context.size()) >= order_) context.erase(context.begin());
    double total = 0;
    double mass = 0;
    int count = 0;
    for (const auto& [ngram, times] : counts_[context.size()]) {
      if (!std::equal(context.begin(), context.end(), ngram.begin())) continue;
      total += times;
      mass += discount(ngram.size(), times);
      if (ngram.back() == word) count = times;
    }
    double lower = 1.0 / (words_ - (start_ < 0 ? 0 : 1));
    if (!context.empty()) lower = probability(Ids(context.begin() + 1, context.end()), word);
    if (total == 0) return lower;
    return (count - discount(context.size() + 1, count)) / total + mass / total * lower;
  }

 private:
  int order_;
  int words_;
  std::int32_t start_;
  std::vector<Counts> counts_;  // of 1, 2, ... words
};

/// Texts where small ids are likelier and words follow their like.
std::vector<Ids> random_texts(unroll::Random& random, std::int64_t texts, std::int64_t longest,
                              int words, bool sentences) {
  std::vector<Ids> made;
  for (std::int64_t i = 0; i < texts; ++i) {
    Ids text = {0};
    for (std::int64_t n = random.below(longest) + 1; n > 0; --n) {
      const double x = random.uniform();
      const auto word = static_cast<std::int32_t>(x * x * (words - 1)) + (sentences ? 1 : 0);
      text.push_back(random.below(3) == 0 && text.size() > 1 ? text.back() : word);
    }
    made.push_back(text);
  }
  return made;
}

Ids random_context(unroll::Random& random, std::int64_t longest, int words) {
  Ids context;
  for (std::int64_t n = random.below(longest + 1); n > 0; --n) {
    context.push_back(static_cast<std::int32_t>(random.below(words)));
  }
  return context;
}

double sum_after(const NgramModel& model, const Ids& context) {
  double sum = 0;
  for (std::int32_t word = 0; word < model.words(); ++word) {
    sum += model.probability(context, word);
  }
  return sum;
}

constexpr std::int32_t kStart = 0;
constexpr std::int32_t kEnd = 1;

TEST_CASE("n-grams: the bigrams of two sentences are those computed by hand") {
  // With 2 = a and 3 = b: "a b" and "a".
  const NgramModel model({{kStart, 2, 3, kEnd}, {kStart, 2, kEnd}}, 2, 4, kStart);
  // Pairs: (start a) 2, (a b) 1, (b end) 1, (a end) 1: n1 = 3, n2 = 1, n3 = n4 = 0,
  // Y = 3 / (3 + 2) = 0.6, D1 = 1 - 2 * 0.6 * 1 / 3 = 0.6; D2 = 2 - 0 and D3 = 3 - 0 / 0 are not
  // between 0 and r.
  CHECK(model.distinct(2) == 4);
  CHECK(model.discounts(2)[0] == doctest::Approx(0.6));
  CHECK(model.discounts(2)[1] == 1);
  CHECK(model.discounts(2)[2] == 1.5);
  // Words by how many they follow: a 1 (start), b 1 (a), end 2 (b, a), together 4: n1 = 2, n2 = 1,
  // Y = 2 / 4, D1 = 1 - 2 * 0.5 * 1 / 2 = 0.5, D2 = 1 as above. b() = (0.5 + 0.5 + 1) / 4 = 0.5,
  // and 3 words can be predicted.
  CHECK(model.discounts(1)[0] == doctest::Approx(0.5));
  const double a = 0.5 / 4 + 0.5 / 3;
  const double end = 1.0 / 4 + 0.5 / 3;
  CHECK(model.probability({}, 2) == doctest::Approx(a));
  CHECK(model.probability({}, 3) == doctest::Approx(a));
  CHECK(model.probability({}, kEnd) == doctest::Approx(end));
  CHECK(model.probability({}, kStart) == 0);
  // After the start: c = 2, b = D2 / 2 = 0.5. After a: c = 2, b = (0.6 + 0.6) / 2 = 0.6.
  const Ids after_start = {kStart};
  const Ids after_a = {2};
  CHECK(model.probability(after_start, 2) == doctest::Approx((2.0 - 1) / 2 + 0.5 * a));
  CHECK(model.probability(after_start, 3) == doctest::Approx(0.5 * a));
  CHECK(model.probability(after_a, 3) == doctest::Approx((1 - 0.6) / 2 + 0.6 * a));
  CHECK(model.probability(after_a, kEnd) == doctest::Approx((1 - 0.6) / 2 + 0.6 * end));
  CHECK(model.probability(after_a, 2) == doctest::Approx(0.6 * a));
  // The end is no context that was seen.
  const Ids after_end = {kEnd};
  CHECK(model.probability(after_end, 2) == model.probability({}, 2));
}

TEST_CASE("n-grams: probabilities are those of the formulas, for sentences and running text") {
  unroll::Random random(1);
  for (const bool sentences : {true, false}) {
    for (int order = 1; order <= 6; ++order) {
      for (const int count : {1, 3, 200}) {
        CAPTURE(sentences);
        CAPTURE(order);
        CAPTURE(count);
        constexpr int kWords = 9;
        const std::int32_t start = sentences ? kStart : Vocabulary::kNone;
        const std::vector<Ids> text =
            sentences ? random_texts(random, count, 12, kWords, true)
                      : random_texts(random, 1, std::int64_t{5} * count, kWords, false);
        const NgramModel model(text, order, kWords, start);
        const Reference reference(text, order, kWords, start);
        for (int i = 0; i < 60; ++i) {
          Ids context = random_context(random, 7, kWords);
          if (sentences && i % 2 == 0) context.insert(context.begin(), kStart);
          const auto word = static_cast<std::int32_t>(sentences ? 1 + random.below(kWords - 1)
                                                                : random.below(kWords));
          CHECK(model.probability(context, word) ==
                doctest::Approx(reference.probability(context, word)).epsilon(1e-12));
        }
        const Ids& first = text[0];
        const std::vector<double> logs = model.log_probabilities(first);
        REQUIRE(logs.size() == first.size() - 1);
        for (std::size_t t = 1; t < first.size(); ++t) {
          const Ids context(first.begin(), first.begin() + static_cast<std::ptrdiff_t>(t));
          CHECK(std::exp(logs[t - 1]) ==
                doctest::Approx(reference.probability(context, first[t])).epsilon(1e-12));
        }
      }
    }
  }
}

TEST_CASE("n-grams: the probabilities after any context are above 0 and add up to 1") {
  unroll::Random random(2);
  const auto words = static_cast<int>(texts().vocabulary.size());
  for (const int order : {1, 2, 3, 5, 10}) {
    const NgramModel model(texts().train_set, order, words, texts().vocabulary.sentence_start());
    for (int i = 0; i < 100; ++i) {
      Ids context = random_context(random, 6, words);
      if (i % 2 == 0) {  // one of the text, seen or not with this end
        const Ids& seen = texts().test_set[static_cast<std::size_t>(i) % texts().test_set.size()];
        context.assign(seen.begin(), seen.end() - 1);
      }
      CHECK(sum_after(model, context) == doctest::Approx(1).epsilon(1e-12));
      for (std::int32_t word = 1; word < words; ++word) CHECK(model.probability(context, word) > 0);
    }
  }
}

TEST_CASE("n-grams of order 1 are words by how often they are seen") {
  // 2 four times, 3 twice, 1 (the end) and 4 once each: 8 in all; n1 = 2, n2 = 1, n3 = 0, n4 = 1.
  const NgramModel model({{kStart, 2, 3, 2, 4, 2, 3, 2, kEnd}}, 1, 6, kStart);
  // Y = 0.5, D1 = 1 - 2 * 0.5 * 1 / 2 = 0.5; D2 and D3 have no number: 1 and 1.5.
  const double rest = (1.5 + 1 + 0.5 + 0.5) / 8 / 5;
  CHECK(model.probability({}, 2) == doctest::Approx(2.5 / 8 + rest));
  CHECK(model.probability({}, 3) == doctest::Approx(1.0 / 8 + rest));
  CHECK(model.probability({}, 4) == doctest::Approx(0.5 / 8 + rest));
  CHECK(model.probability({}, 5) == doctest::Approx(rest));
  const Ids context = {2, 3};
  CHECK(model.probability(context, 2) == model.probability({}, 2));
}

TEST_CASE("n-grams: texts and counts that make no model are refused") {
  const std::vector<Ids> good = {{kStart, 2, 3, kEnd}, {kStart, 2, kEnd}};
  const auto fault = [](const std::vector<Ids>& text, int order) -> std::string {
    try {
      const NgramModel model(text, order, 4, kStart);
      return "no fault";
    } catch (const unroll::Error& error) {
      return error.what();
    }
  };
  CHECK(fault(good, 0) == "n-grams: an order of 0, expected 1 to 10");
  CHECK(fault(good, 11) == "n-grams: an order of 11, expected 1 to 10");
  CHECK(fault({{kStart}}, 3) == "n-grams: the text has no word to predict");
  CHECK(fault({{kStart, 4}}, 3) ==
        "n-grams: the text holds the id 4, expected one of 4 words to predict");
  CHECK(fault({{kStart, 2, kStart}}, 3) ==
        "n-grams: the text holds the id 0, expected one of 4 words to predict");

  const std::vector<NgramLevel> levels = NgramModel(good, 3, 4, kStart).levels();
  const auto fault_with = [&](auto change) -> std::string {
    std::vector<NgramLevel> changed = levels;
    change(changed);
    try {
      const NgramModel model(changed, kStart);
      return "no fault";
    } catch (const unroll::Error& error) {
      return error.what();
    }
  };
  CHECK(fault_with([](auto&) {}) == "no fault");
  CHECK(fault_with([](auto& l) { l[0].count[0] = 1; }) ==
        "the 1-grams count the start of sentences, which is never predicted");
  CHECK(fault_with([](auto& l) { l[0].count.assign(4, 0); }) ==
        "the 1-grams are all counted 0 times");
  CHECK(fault_with([](auto& l) { l[1].count[0] = 0; }) ==
        "the 2-grams hold a count that is too small");
  CHECK(fault_with([](auto& l) { l[2].word[0] = 4; }) ==
        "the 3-grams hold a word that is not in the vocabulary");
  CHECK(fault_with([](auto& l) { l[1].begin.back() += 1; }) ==
        "the 2-grams do not fit to those that are one word longer");
  CHECK(fault_with([](auto& l) { std::swap(l[1].word[0], l[1].word[1]); }) ==
        "the 2-grams are not sorted");
  CHECK(fault_with([](auto& l) { l[2].begin.push_back(0); }) ==
        "the 3-grams are not the longest ones");
  CHECK(fault_with([](auto& l) { l[2].word[0] = 1; }) ==
        "the 3-grams hold one whose context is missing");
  CHECK_THROWS_AS((void)NgramModel(good, 2, 4, kStart).probability({}, 4), unroll::ValueError);
}

}  // namespace
}  // namespace wordlm
