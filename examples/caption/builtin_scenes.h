#pragma once
/// Scenes and captions made by a process with known probabilities.

#include <cstdint>
#include <string>
#include <vector>

#include "caption/scenes.h"

namespace caption {

/// An object with a colour, a size and a place, each by its number; all are equally likely, and
/// independent of each other. Its vector has a number for each object, colour, size and place, 1
/// for its own and 0 for the others.
struct Scene {
  std::size_t object = 0;
  std::size_t colour = 0;
  std::size_t size = 0;
  std::size_t place = 0;
};

/// One wording of a part of a caption.
struct Phrase {
  std::string words;  // may be none
  double odds;        // its probability
};

/// The parts of a scene's captions, in order: in each one of the phrases, independent of the
/// others.
[[nodiscard]] std::vector<std::vector<Phrase>> parts_of(const Scene& scene);
/// All captions of a scene with their probabilities, the likeliest first.
[[nodiscard]] std::vector<Phrase> captions_of(const Scene& scene);

/// All scenes there are.
[[nodiscard]] std::vector<Scene> all_scenes();
/// The scene of a vector; unroll::Error where it is none of a built-in scene.
[[nodiscard]] Scene scene_of(const std::vector<float>& vector);
/// A scene in words: "dog, red, small, left".
[[nodiscard]] std::string name_of(const Scene& scene);

/// Random scenes, each with a random caption.
[[nodiscard]] Examples builtin_examples(std::int64_t count, std::uint64_t seed);

/// The entropy of a caption given its scene, in nats, on average over the scenes: no model can have
/// a smaller loss on average. Different choices of phrases give different captions, so that the
/// entropy of a scene's caption is the sum of the entropies of its parts.
[[nodiscard]] double best_loss();
/// -log of the probability that the process gives to a caption of a built-in scene; infinite for
/// one that it never makes.
[[nodiscard]] double process_loss(const Example& example);

}  // namespace caption
