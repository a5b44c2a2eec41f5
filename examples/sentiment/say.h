#pragma once
/// What a judge says of a text, and which words made it say so.

#include <string>
#include <vector>

#include "sentiment/task.h"

namespace sentiment {

/// A text as a judge reads it.
struct Verdict {
  std::vector<std::string> words;
  std::vector<double> probabilities;  // of each label
  /// How much each word speaks for the likeliest label, of all that speaks for or against it: the
  /// integrated gradients, from vectors of 0 to those of the words, of the label's logit less the
  /// mean of the others (Sundararajan et al. 2017, equation 1, by 50 points). Between -1 and 1;
  /// below 0 it speaks for the others.
  std::vector<double> weights;

  [[nodiscard]] std::size_t label() const;  // the likeliest
};
/// unroll::Error for a text without words.
[[nodiscard]] Verdict say(const Judge& judge, const std::string& text);

/// The verdict as lines; with `colours` words are coloured by their weights, for a terminal.
[[nodiscard]] std::string to_text(const Judge& judge, const Verdict& verdict, bool colours);
/// The verdicts on several texts as a page of HTML that needs nothing else.
[[nodiscard]] std::string to_html(const Judge& judge, const std::vector<Verdict>& verdicts);

}  // namespace sentiment
