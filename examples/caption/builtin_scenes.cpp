#include "caption/builtin_scenes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unroll/core/error.h>
#include <unroll/core/random.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "common/numbers.h"

namespace caption {
namespace {

using Phrases = std::vector<Phrase>;

/// A feature of a scene: its name, and how a caption says it.
struct Feature {
  std::string name;
  Phrases phrases;
};

const std::vector<Feature> kObjects = {
    {"dog", {{"dog", 0.7}, {"hound", 0.3}}},        {"cat", {{"cat", 1}}},
    {"car", {{"car", 0.75}, {"automobile", 0.25}}}, {"bicycle", {{"bicycle", 0.4}, {"bike", 0.6}}},
    {"boat", {{"boat", 0.7}, {"ship", 0.3}}},       {"house", {{"house", 0.6}, {"building", 0.4}}}};
const std::vector<Feature> kColours = {{"red", {{"red", 0.9}, {"crimson", 0.1}}},
                                       {"green", {{"green", 1}}},
                                       {"blue", {{"blue", 1}}},
                                       {"black", {{"black", 0.8}, {"dark", 0.2}}},
                                       {"white", {{"white", 1}}}};
const std::vector<Feature> kSizes = {{"small", {{"small", 0.5}, {"little", 0.3}, {"tiny", 0.2}}},
                                     {"middling", {{"", 1}}},
                                     {"large", {{"large", 0.4}, {"big", 0.4}, {"huge", 0.2}}}};
const std::vector<Feature> kPlaces = {
    {"left", {{"on the left", 0.6}, {"at the left edge", 0.4}}},
    {"right", {{"on the right", 0.6}, {"at the right edge", 0.4}}},
    {"middle", {{"in the middle", 0.5}, {"in the centre", 0.5}}},
    {"far", {{"in the distance", 0.7}, {"far away", 0.3}}}};
const Phrases kArticles = {{"a", 0.7}, {"the", 0.3}};
const Phrases kVerbs = {{"is", 0.5}, {"stands", 0.3}, {"can be seen", 0.2}};
const Phrases kWeather = {{"", 0.7}, {"on a sunny day", 0.2}, {"in the rain", 0.1}};

void append(std::string& text, const std::string& words) {
  if (!text.empty() && !words.empty()) text += ' ';
  text += words;
}

double entropy_of(const Phrases& phrases) {
  double entropy = 0;
  for (const Phrase& phrase : phrases) entropy -= phrase.odds * std::log(phrase.odds);
  return entropy;
}

const Phrase& draw(const Phrases& phrases, unroll::Random& random) {
  double left = random.uniform();
  for (const Phrase& phrase : phrases) {
    left -= phrase.odds;
    if (left < 0) return phrase;
  }
  return phrases.back();
}

std::vector<float> vector_of(const Scene& scene) {
  std::vector<float> vector;
  const auto add = [&](const std::vector<Feature>& features, std::size_t which) {
    for (std::size_t i = 0; i < features.size(); ++i) vector.push_back(i == which ? 1 : 0);
  };
  add(kObjects, scene.object);
  add(kColours, scene.colour);
  add(kSizes, scene.size);
  add(kPlaces, scene.place);
  return vector;
}

}  // namespace

std::vector<Phrases> parts_of(const Scene& scene) {
  return {kArticles,
          kSizes.at(scene.size).phrases,
          kColours.at(scene.colour).phrases,
          kObjects.at(scene.object).phrases,
          kVerbs,
          kPlaces.at(scene.place).phrases,
          kWeather};
}

Phrases captions_of(const Scene& scene) {
  Phrases captions = {{"", 1}};
  for (const Phrases& part : parts_of(scene)) {
    Phrases longer;
    for (const Phrase& begin : captions) {
      for (const Phrase& phrase : part) {
        longer.push_back({begin.words, begin.odds * phrase.odds});
        append(longer.back().words, phrase.words);
      }
    }
    captions = std::move(longer);
  }
  std::ranges::stable_sort(captions, std::ranges::greater(), &Phrase::odds);
  return captions;
}

std::vector<Scene> all_scenes() {
  std::vector<Scene> scenes;
  for (std::size_t object = 0; object < kObjects.size(); ++object) {
    for (std::size_t colour = 0; colour < kColours.size(); ++colour) {
      for (std::size_t size = 0; size < kSizes.size(); ++size) {
        for (std::size_t place = 0; place < kPlaces.size(); ++place) {
          scenes.push_back({object, colour, size, place});
        }
      }
    }
  }
  return scenes;
}

Scene scene_of(const std::vector<float>& vector) {
  for (const Scene& scene : all_scenes()) {
    if (vector_of(scene) == vector) return scene;
  }
  unroll::fail<unroll::Error>("[{}] is not the vector of a built-in scene",
                              fmt::join(vector, ", "));
}

std::string name_of(const Scene& scene) {
  return fmt::format("{}, {}, {}, {}", kObjects.at(scene.object).name,
                     kColours.at(scene.colour).name, kSizes.at(scene.size).name,
                     kPlaces.at(scene.place).name);
}

Examples builtin_examples(std::int64_t count, std::uint64_t seed) {
  Examples all;
  unroll::Random random(seed, unroll::hash_name("built-in scenes"));
  const std::vector<Scene> scenes = all_scenes();
  for (std::int64_t i = 0; i < count; ++i) {
    const Scene& scene = scenes[static_cast<std::size_t>(random.below(std::ssize(scenes)))];
    std::string caption;
    for (const Phrases& part : parts_of(scene)) append(caption, draw(part, random).words);
    all.examples.push_back({vector_of(scene), words_of(caption)});
  }
  all.description = fmt::format("built-in scenes: {}", examples::grouped(count));
  return all;
}

double best_loss() {
  double sum = 0;
  const std::vector<Scene> scenes = all_scenes();
  for (const Scene& scene : scenes) {
    for (const Phrases& part : parts_of(scene)) sum += entropy_of(part);
  }
  return sum / static_cast<double>(scenes.size());
}

double process_loss(const Example& example) {
  const std::string caption = fmt::format("{}", fmt::join(example.caption, " "));
  for (const Phrase& phrase : captions_of(scene_of(example.scene))) {
    if (phrase.words == caption) return -std::log(phrase.odds);
  }
  return std::numeric_limits<double>::infinity();
}

}  // namespace caption
