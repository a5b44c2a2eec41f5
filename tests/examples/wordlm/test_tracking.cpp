// Units that follow something that can be counted along a text.
#include "wordlm/inspect_page.h"
#include "wordlm/tracking.h"

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

namespace wordlm {
namespace {

InspectedText reading(const std::string& characters) {
  InspectedText text;
  for (const char c : characters) text.read.emplace_back(1, c);
  return text;
}

using Values = std::vector<double>;

TEST_CASE("tracking: quotes and brackets and the place in the line are counted") {
  const std::vector<Quantity> quantities = quantities_of(reading("a\"(b[\"\n)]x)"));
  REQUIRE(quantities.size() == 3);
  CHECK(quantities[0].name == "open quote");
  CHECK(quantities[0].values == Values{0, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0});
  CHECK(quantities[1].name == "open brackets");
  CHECK(quantities[1].values == Values{0, 0, 1, 1, 2, 2, 2, 1, 0, 0, 0});
  CHECK(quantities[2].name == "place in the line");
  CHECK(quantities[2].values == Values{0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3});
  InspectedText words;
  words.read = {"SENTENCE_START", "``", "yes", "''", "he"};
  CHECK(quantities_of(words)[0].values == Values{0, 1, 1, 0, 0});
}

TEST_CASE("tracking: the correlation of a line is 1 and of what does not vary 0") {
  CHECK(correlation(Values{1, 2, 3}, Values{5, 7, 9}) == doctest::Approx(1));
  CHECK(correlation(Values{1, 2, 3}, Values{2, 1, 0}) == doctest::Approx(-1));
  CHECK(correlation(Values{1, 2, 3}, Values{1, 1, 1}) == 0);
  CHECK(correlation(Values{1, 0, -1, 0}, Values{0, 1, 0, -1}) == doctest::Approx(0));
}

/// A text of 120 tokens with a quote, two layers of three units; unit 1 of layer 1 follows it.
InspectedText a_text() {
  std::string characters(120, 'x');
  characters[20] = characters[70] = '"';
  InspectedText text = reading(characters);
  text.layers.resize(2);
  for (std::size_t layer = 0; layer < 2; ++layer) {
    Activation c{"c", {}};
    Activation h{"h", {}};
    for (std::size_t t = 0; t < 120; ++t) {
      const double open = t >= 20 && t < 70 ? 1 : 0;
      const double wave = std::sin(static_cast<double>(t));
      c.steps.push_back({wave, layer == 1 ? 0.5 - 2 * open + 0.1 * wave : -wave, 0.25});
      h.steps.push_back({open, open, open});
    }
    text.layers[layer].activations = {c, h};
  }
  for (const std::string& word : text.read) text.words.push_back({.word = word, .likeliest = {}});
  return text;
}

TEST_CASE("tracking: the unit is found by its memory in any layer") {
  const std::vector<InspectedText> texts = {a_text()};
  const std::vector<Tracking> found = find_tracking(texts, {quantities_of(texts[0])});
  REQUIRE(found.size() == 2);  // there are no brackets
  CHECK(found[0].quantity == "open quote");
  CHECK(found[0].layer == 1);
  CHECK(found[0].unit == 1);
  CHECK(found[0].correlation < -0.98);
  CHECK(found[0].tracks());
  CHECK(found[1].quantity == "place in the line");
  CHECK_FALSE(found[1].tracks());
}

TEST_CASE("tracking: a memory that is not bounded is found by its tanh") {
  InspectedText text = a_text();
  for (std::size_t t = 0; t < 120; ++t) {
    double& c = text.layers[0].activations[0].steps[t][2];
    c = t >= 20 && t < 70 ? 3 + static_cast<double>(t) : -3;  // grows while the quote is open
    text.layers[1].activations[0].steps[t][1] = 0;
  }
  const std::vector<Tracking> found =
      find_tracking(std::vector<InspectedText>{text}, {quantities_of(text)});
  REQUIRE_FALSE(found.empty());
  CHECK(found[0].unit == 2);
  CHECK(found[0].squashed);
  CHECK(found[0].correlation == doctest::Approx(1).epsilon(0.001));
}

TEST_CASE("tracking: nothing is said of a short text") {
  InspectedText text = a_text();
  text.read.resize(99);
  for (InspectedLayer& layer : text.layers) {
    for (Activation& a : layer.activations) a.steps.resize(99);
  }
  CHECK(find_tracking(std::vector<InspectedText>{text}, {quantities_of(text)}).empty());
}

TEST_CASE("tracking: a layer without c is followed by its output") {
  InspectedLayer layer;
  layer.activations = {{"z", {}}, {"h", {}}};
  CHECK(memory_of(layer).name == "h");
  layer.activations.push_back({"c", {}});
  layer.activations.push_back({"h", {}});
  CHECK(memory_of(layer).name == "c");
}

TEST_CASE("tracking: the page shows the text in the colours of the units that follow something") {
  const std::vector<InspectedText> texts = {a_text()};
  const std::vector<Tracking> found = find_tracking(texts, {quantities_of(texts[0])});
  const InspectedModel model{"m", "", "", 100, true};
  const std::string page = inspection_page(model, texts, {{0}, {1}}, found);
  CHECK(page.find("<h3>Unit 1 of layer 1 follows: open quote</h3>") != std::string::npos);
  CHECK(page.find("follows: place") == std::string::npos);
  std::size_t tokens = 0;
  for (std::size_t at = page.find("class=\"memory"); at != std::string::npos;
       at = page.find("class=\"memory", at + 1)) {
    ++tokens;
  }
  CHECK(tokens == 120);
}

}  // namespace
}  // namespace wordlm
