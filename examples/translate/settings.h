#pragma once
/// How a translator is made.

#include <unroll/unroll.h>

#include <string>

namespace translate {

struct ModelSettings {
  std::string cell = "gru";  // "rnn", "gru" or "lstm"
  std::int64_t embedding = 64;
  std::int64_t hidden = 64;
  std::int64_t layers = 1;
  bool separate = false;               // weights of the decoder's own
  bool feed_context = false;           // the decoder reads h_S and the last word
  bool both_ways = false;              // the encoder reads in both directions
  bool reverse = false;                // it reads the source words from the last to the first
  std::string attention = "additive";  // or "dot", "general", "none"
  double dropout = 0;  // of the word vectors, and of the vectors that words are predicted from

  [[nodiscard]] bool attends() const { return attention != "none"; }
  /// Whether the decoder reads words.
  [[nodiscard]] bool feeds() const { return feed_context || attends(); }
  /// Whether the decoder has weights of its own: it must where it reads other sizes.
  [[nodiscard]] bool separates() const { return separate || both_ways || feeds(); }
  /// The features that the decoder reads: a word, and a context.
  [[nodiscard]] std::int64_t decoder_input() const { return embedding + (feeds() ? hidden : 0); }
  [[nodiscard]] unroll::Score score() const {
    if (attention == "additive") return unroll::Score::additive;
    return attention == "dot" ? unroll::Score::dot : unroll::Score::general;
  }
};

}  // namespace translate
