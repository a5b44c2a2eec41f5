#pragma once
/// Texts drawn from a model.

#include <unroll/core/random.h>

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "wordlm/model.h"
#include "wordlm/token_table.h"
#include "wordlm/vocabulary.h"

namespace wordlm {

/// How to draw.
struct SamplingOptions {
  double temperature = 1;  // below 1 safer, above 1 bolder
  int min_words = 4;       // a sentence does not end before
  int max_words = 40;      // and is drawn anew where it has not ended by then
  int length = 300;        // tokens of a text that has no sentences
  int top_k = 0;           // only so many of the likeliest tokens are drawn, 0: any
  double top_p = 1;        // only the likeliest that have together so much of the probability
};

/// Gets a text: its number, from 0 on in order, and its ids, without markers.
using TakeSample = std::function<void(int, const Ids&)>;

/// Draws `count` texts that begin with `prompt`, each token from the softmax of the logits; `take`
/// gets each as soon as it and those before it are complete. A model of running text begins as if
/// another sentence had just ended. UNKNOWN_TOKEN and ids without a word are never drawn.
///
/// A sentence ends by itself. Where a hundred in a row have not ended by `max_words`, the last is
/// given as it is. Text with line feeds (Units::has_line_feeds) has `length` tokens beside the
/// prompt. A text depends on the seed and its number only, not on how many are drawn. Throws
/// unroll::ValueError where the model's outputs are not numbers.
void sample(const Model& model, const Vocabulary& vocabulary, const SamplingOptions& options,
            const Ids& prompt, std::uint64_t seed, int count, const TakeSample& take);

/// A text and its log-probability, that of its end included.
struct Found {
  Ids ids;
  double log_probability = 0;
};

/// The likeliest texts that begin with `prompt`, found by beam search: of all beginnings only the
/// `width` likeliest are gone on with. At most `width`, the likeliest first; of `min_words` to
/// `max_words` tokens beside the prompt; text with line feeds has `length`.
[[nodiscard]] std::vector<Found> search(const Model& model, const Vocabulary& vocabulary,
                                        const SamplingOptions& options, const Ids& prompt,
                                        int width);

/// The same with shortest and longest lengths in tokens, for lengths in words: six characters or
/// bytes count as a word, or two pieces.
[[nodiscard]] SamplingOptions in_tokens(SamplingOptions options, Tokens tokens);

/// Which ids may be drawn: 1, or 0 for markers, UNKNOWN_TOKEN and ids without a word. The end of a
/// sentence may.
[[nodiscard]] std::vector<double> drawable(const Model& model, const Vocabulary& vocabulary);

/// Sets all but the `top_k` likeliest of some probabilities to 0 (0: none), and of those all but
/// the likeliest that have together the part `top_p` of the rest. Of equal ones the first are kept.
void narrow(std::vector<double>& probabilities, int top_k, double top_p);

/// Draws an index in proportion to its weight; one without weight is never drawn.
[[nodiscard]] std::size_t draw(std::span<const double> weights, unroll::Random& random);

}  // namespace wordlm
