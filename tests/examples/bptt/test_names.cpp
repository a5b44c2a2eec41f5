/// The chapter names: its texts, its baseline, the gradient that arrives, and what is learned.

#include <doctest/doctest.h>
#include <unroll/unroll.h>

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "bptt/names.h"

using namespace bptt;
using unroll::Index;

namespace {

/// The words of text `b`.
std::vector<std::string> text_of(const NameTexts& texts, Index b) {
  std::vector<std::string> words;
  const auto ids = texts.x.values<std::int32_t>();
  for (Index t = 0; t < texts.x.shape()[0]; ++t) {
    words.push_back(words_of_names()[static_cast<std::size_t>(
        ids[static_cast<std::size_t>(t * texts.x.shape()[1] + b)])]);
  }
  return words;
}

}  // namespace

TEST_CASE("names: the blank is the one of the two who does not say hi") {
  unroll::Random random(3);
  for (const Index distance : {0, 2, 3, 10, 41}) {
    const NameTexts texts = draw_names(distance, 50, random);
    REQUIRE(texts.x.shape()[0] == 13 + distance);
    for (Index b = 0; b < 50; ++b) {
      const std::vector<std::string> words = text_of(texts, b);
      const std::string& first = words[kFirstName];
      const std::string& second = words[kSecondName];
      const std::string& speaker = words[words.size() - 4];
      const auto answer =
          static_cast<std::size_t>(texts.y.values<std::int32_t>()[static_cast<std::size_t>(b)]);
      CHECK(first != second);
      CHECK((speaker == first || speaker == second));
      CHECK(words_of_names()[answer] == (speaker == first ? second : first));
      CHECK(words[words.size() - 1] == "to");
      CHECK(words[8] == ".");
      for (std::size_t t = 9; t + 4 < words.size(); ++t) {
        const auto id = std::ranges::find(words_of_names(), words[t]) - words_of_names().begin();
        CHECK(id >= kNameCount);  // small talk has no names
      }
    }
  }
  CHECK_THROWS_WITH_AS((void)draw_names(1, 1, random),
                       "names: a distance of 1 words: 0, or 2 and more are possible",
                       unroll::Error);
}

TEST_CASE("names: a reader of the last sentence alone is right in one text of seven") {
  unroll::Random random(5);
  constexpr Index kTexts = 40000;
  const NameTexts texts = draw_names(0, kTexts, random);
  // Whoever speaks: the share of the name that is most often greeted.
  std::map<std::string, std::map<std::int32_t, double>> greeted;
  std::map<std::string, double> spoken;
  for (Index b = 0; b < kTexts; ++b) {
    const std::vector<std::string> words = text_of(texts, b);
    const std::string& speaker = words[words.size() - 4];
    greeted[speaker][texts.y.values<std::int32_t>()[static_cast<std::size_t>(b)]] += 1;
    spoken[speaker] += 1;
  }
  CHECK(kGuessed == 1.0 / 7);
  REQUIRE(greeted.size() == 8);
  for (const auto& [speaker, names] : greeted) {
    CHECK(names.size() == 7);
    for (const auto& [name, count] : names) {
      CHECK(count / spoken[speaker] == doctest::Approx(kGuessed).epsilon(0.15));
    }
  }
}

TEST_CASE("names: the readers have about the same number of weights and not more than allowed") {
  for (const char* cell : {"rnn", "gru", "lstm"}) {
    const Index weights = NameReader(cell, 4000, 1).parameters().size();
    CHECK(weights <= 4000);
    CHECK(weights > 3800);
  }
}

TEST_CASE("names: what arrives is the gradient of the loss at the word vectors") {
  unroll::Random random(7);
  const NameTexts texts = draw_names(3, 1, random);
  const NameReader reader("gru", 1000, 1);
  const std::vector<double> norms = arriving(reader, texts);
  REQUIRE(norms.size() == 16);
  CHECK(norms.back() == 1);
  // The gradient of an embedding's row is the sum over the steps at which its word stands: the
  // second name of a text in which it does not speak stands at one step only.
  unroll::Tape tape;
  const auto gradients = tape.gradients(reader.read(tape, texts).loss, reader.parameters());
  const std::vector<double> rows = gradients[reader.parameters()["embedding.W"]].to_doubles();
  const std::size_t size = rows.size() / words_of_names().size();
  const auto norm_of_row = [&](std::size_t t) {
    const auto id = static_cast<std::size_t>(texts.x.values<std::int32_t>()[t]);
    double sum = 0;
    for (std::size_t k = 0; k < size; ++k) sum += rows[id * size + k] * rows[id * size + k];
    return std::sqrt(sum);
  };
  const std::vector<std::string> words = text_of(texts, 0);
  const std::size_t alone = words[kFirstName] == words[words.size() - 4] ? kSecondName : kFirstName;
  CHECK(norms[alone] == doctest::Approx(norm_of_row(alone) / norm_of_row(15)).epsilon(1e-4));
}

TEST_CASE("names: before training the gradient of an RNN vanishes first and that of an LSTM last") {
  unroll::Random random(9);
  const NameTexts texts = draw_names(20, 20, random);
  const auto arrives = [&](const char* cell) {
    return arriving(NameReader(cell, 4000, 1), texts)[kSecondName];
  };
  CHECK(arrives("rnn") < 0.01 * arrives("gru"));
  CHECK(arrives("gru") < 0.01 * arrives("lstm"));
}

TEST_CASE("names: near names are learned and the far name of an RNN is guessed") {
  const NamesResult near = learn_names("lstm", 2, 600);
  CHECK(near.accuracy > 0.95);
  CHECK(near.arrived > 10 * near.arrives);
  const NamesResult far = learn_names("rnn", 40, 100);
  CHECK(far.accuracy < 0.25);
  CHECK(far.arrives < 1e-10);
  CHECK(far.distance == 40);
}
