#pragma once
/// How a tagger is made.

#include <unroll/unroll.h>

namespace tagger {

struct ModelSettings {
  std::int64_t embedding = 64;
  std::int64_t hidden = 64;     // units of each direction
  std::int64_t characters = 0;  // units of each direction over the characters of a word; 0: none
  double dropout = 0.5;         // of x and h, while training
};

}  // namespace tagger
