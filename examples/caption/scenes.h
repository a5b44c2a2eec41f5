#pragma once
/// Scenes with their captions, and the files they are read from.

#include <cstdint>
#include <string>
#include <vector>

namespace caption {

using Words = std::vector<std::string>;

/// A vector, and a sentence about it.
struct Example {
  std::vector<float> scene;
  Words caption;
};

struct Examples {
  std::vector<Example> examples;  // all with vectors of one size
  std::string description;        // of the source

  [[nodiscard]] std::int64_t scene_size() const { return std::ssize(examples.at(0).scene); }
};

/// Reads a file with an object of JSON a line, {"scene": [0, 1, 0.5], "caption": "a red dog"}; a
/// scene with several captions takes several lines. With `captions_needed` false a line may have no
/// caption. Throws unroll::IoError, naming file and line, for a line that is no such object, a
/// caption without words, and scenes of different sizes.
[[nodiscard]] Examples read_examples(const std::string& path, bool captions_needed = true);

/// The words of a text, in lower case.
[[nodiscard]] Words words_of(std::string_view text);

}  // namespace caption
