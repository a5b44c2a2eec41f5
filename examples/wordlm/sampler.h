#pragma once
/// Sentences drawn from a model.

#include <unroll/core/random.h>

#include "wordlm/model.h"
#include "wordlm/text.h"
#include "wordlm/vocabulary.h"

namespace wordlm {

/// How to draw.
struct SamplingOptions {
  double temperature = 1;  // below 1 safer, above 1 bolder
  int min_words = 4;       // a sentence does not end before
  int max_words = 40;      // and is drawn anew where it has not ended by then
  int length = 300;        // characters of a text
};

/// One sentence, a word at a time, each drawn in double precision from the softmax of the logits;
/// a model of running text begins it as if another had just ended. UNKNOWN_TOKEN and ids without a
/// word are never drawn. Where a hundred sentences in a row have not ended by `max_words`, the last
/// is returned as it is.
[[nodiscard]] Sentence sample_sentence(const Model& model, const Vocabulary& vocabulary,
                                       const SamplingOptions& options, unroll::Random& random);

/// A text of `options.length` tokens from a model of running text with line feeds, which begins
/// where a line does.
[[nodiscard]] std::string sample_text(const Model& model, const Vocabulary& vocabulary,
                                      const SamplingOptions& options, unroll::Random& random);

/// Draws an index in proportion to exp(logits / temperature); -infinity is never drawn.
[[nodiscard]] std::size_t draw(std::span<const double> logits, double temperature,
                               unroll::Random& random);

}  // namespace wordlm
