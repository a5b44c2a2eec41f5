#pragma once
/// Captions that a captioner writes: drawn, or the likeliest.

#include <vector>

#include "caption/task.h"

namespace caption {

/// A caption with its log-probability, that of its end included.
struct Written {
  std::vector<std::int32_t> caption;
  double log_probability = 0;
  bool complete = true;  // false: it was cut off after the longest length
};

/// Writes captions of one scene, word by word.
class Writer {
 public:
  /// ShapeError where the vector is not of the captioner's size. `longest`: words of a caption.
  Writer(const Captioner& captioner, const std::vector<float>& scene, std::size_t longest = 40);

  /// A caption, each word drawn by its probability.
  [[nodiscard]] Written draw(unroll::Random& random) const;
  /// The likeliest captions, the likeliest first, at most `count`: beam search that keeps `beam`
  /// unfinished captions after each word.
  [[nodiscard]] std::vector<Written> likeliest(std::size_t count, std::size_t beam) const;

 private:
  /// A position in a caption.
  struct Position {
    unroll::Tensor h, c;        // (1, hidden)
    std::vector<double> log_p;  // of each next word
  };
  [[nodiscard]] Position begin() const;
  [[nodiscard]] Position after(const Position& before, std::int32_t word) const;

  const Captioner& captioner_;
  unroll::Tensor scene_;  // f32 (1, scene)
  std::size_t longest_;
};

/// The words of a caption, with spaces between them.
[[nodiscard]] std::string to_text(const Captioner& captioner, const Written& written);

}  // namespace caption
