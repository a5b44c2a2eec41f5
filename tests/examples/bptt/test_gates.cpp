/// The chapter gates: what is counted, the texts and their entropy, and that counters are found.

#include <doctest/doctest.h>
#include <unroll/unroll.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "bptt/gates.h"

using namespace bptt;
using unroll::Index;

TEST_CASE("gates: a string is read symbol by symbol and its open a's are counted") {
  const AnbnReader reader(5, 4, 1);
  const wordlm::InspectedText text = reader.inspect(3);
  CHECK(text.read == std::vector<std::string>{"|", "a", "a", "a", "b", "b", "b"});
  CHECK(text.words.size() == 7);
  CHECK(text.words.back().word == "|");
  CHECK(open_as(text).values == std::vector<double>{0, 1, 2, 3, 2, 1, 0});
  REQUIRE(text.layers.size() == 1);
  std::vector<std::string> names;
  for (const auto& activation : text.layers[0].activations) names.push_back(activation.name);
  REQUIRE(names == std::vector<std::string>{"i", "f", "o", "g", "c", "h"});
  // c' = f c + i g and h' = o tanh(c').
  const auto& values = text.layers[0].activations;
  for (std::size_t t = 0; t < 7; ++t) {
    for (std::size_t unit = 0; unit < 4; ++unit) {
      const auto at = [&](std::size_t k) { return values[k].steps[t][unit]; };
      const double before = t == 0 ? 0 : values[4].steps[t - 1][unit];
      CHECK(at(4) == doctest::Approx(at(1) * before + at(0) * at(3)));
      CHECK(at(5) == doctest::Approx(at(2) * std::tanh(at(4))));
    }
  }
}

TEST_CASE("gates: an LSTM that has learned to count has a unit that counts") {
  AnbnReader reader(8, 10, 1);
  CHECK(reader.score() < 0.5);
  const Index updates = reader.train(3000);
  CHECK(updates < 3000);
  CHECK(reader.score() > 0.98);
  std::vector<wordlm::InspectedText> strings;
  std::vector<std::vector<wordlm::Quantity>> counted;
  for (Index n = 1; n <= 12; ++n) {
    strings.push_back(reader.inspect(std::min<Index>(n, 8)));
    counted.push_back({open_as(strings.back())});
  }
  const auto found = wordlm::find_tracking(strings, counted);
  REQUIRE(found.size() == 1);
  CHECK(std::abs(found[0].correlation) > 0.85);
}

TEST_CASE("gates: quotes of the text open before a word and close after one") {
  const std::string text = quoted_text(20000, 3);
  CHECK(text == quoted_text(20000, 3));
  bool open = false;
  double marks = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '"') continue;
    ++marks;
    if (!open) {
      CHECK((i == 0 || text[i - 1] == ' '));
      CHECK(text[i + 1] != ' ');
    } else {
      CHECK(text[i - 1] != ' ');
      CHECK(text[i + 1] == ' ');
    }
    open = !open;
  }
  CHECK(marks / 20000 == doctest::Approx(0.1).epsilon(0.06));
  // Six words, a mark at one in ten: (ln 6 + H(1/10)) nats over 17/6 + 1 + 1/10 characters.
  CHECK(static_cast<double>(text.size()) / 20000 == doctest::Approx(17.0 / 6 + 1.1).epsilon(0.01));
  const double binary = 0.1 * std::log(10.0) + 0.9 * std::log(10.0 / 9);
  CHECK(quoted_entropy() == doctest::Approx((std::log(6.0) + binary) / (17.0 / 6 + 1.1)));
}

TEST_CASE("gates: what is inside a language model while it reads are its own probabilities") {
  TokenText text;
  for (const char c : quoted_text(200, 1)) text.append(std::string_view(&c, 1));
  const LanguageModel model(static_cast<Index>(text.tokens.size()), {.vector = 3, .hidden = 5});
  const std::vector<std::int32_t> ids(text.ids.begin(), text.ids.begin() + 9);
  const wordlm::InspectedText inside = inspect(model, text, ids);
  REQUIRE(inside.words.size() == 8);
  unroll::Tape tape;
  const auto log_p = log_softmax(model.read(tape, ids).logits).value().to_doubles();
  for (std::size_t t = 0; t < 8; ++t) {
    const auto next = static_cast<std::size_t>(ids[t + 1]);
    CHECK(inside.words[t].log_p ==
          doctest::Approx(log_p[t * text.tokens.size() + next]).epsilon(1e-4));
    CHECK(inside.words[t].word == text.tokens[next]);
  }
}
