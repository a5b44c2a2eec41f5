#pragma once
/// Small translators of built-in sentences, with random parameters.

#include <cmath>

#include "translate/builtin_pairs.h"
#include "translate/search.h"
#include "translate/task.h"

namespace translate {

inline examples::WordIds all_words(const Pairs& pairs, std::vector<std::string> Pair::*side) {
  std::vector<std::vector<std::string>> texts;
  for (const Pair& pair : pairs.pairs) texts.push_back(pair.*side);
  return {texts, 1, 100000};
}

inline Translator small_translator(const ModelSettings& settings, const Pairs& pairs,
                                   unroll::DType dtype = unroll::DType::f64) {
  return {settings, all_words(pairs, &Pair::source), all_words(pairs, &Pair::target), dtype, 7};
}

/// The basic model, each extension alone, and several at once.
inline std::vector<ModelSettings> all_settings() {
  ModelSettings basic;
  basic.cell = "rnn";
  basic.embedding = 5;
  basic.hidden = 6;
  basic.attention = "none";
  std::vector<ModelSettings> all(11, basic);
  all[1].separate = true;
  all[2].feed_context = true;
  all[3].layers = 2;
  all[4].both_ways = true;
  all[5].reverse = true;
  all[6].attention = "additive";
  all[7].attention = "dot";
  all[8].attention = "general";
  all[9] = {"lstm", 5, 6, 2, true, true, true, true, "additive", 0};
  all[10] = {"gru", 5, 6, 2, true, true, true, false, "none", 0};
  return all;
}

}  // namespace translate
