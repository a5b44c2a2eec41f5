#pragma once
/// Counts of n-grams and the probabilities that interpolated modified Kneser-Ney smoothing makes of
/// them (Chen & Goodman 1998, section 3): the model to beat before recurrent networks.

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "wordlm/corpus.h"

namespace wordlm {

/// The n-grams of one length, sorted by their last word, then by the word before it, and so on: all
/// that end alike are neighbours, and those that are one word longer are a stretch of the next
/// level.
struct NgramLevel {
  /// The first word of each; not there (empty) for n-grams of one word, whose place is their id.
  std::vector<std::int32_t> word;
  /// How often each was seen, or for all but the longest, after how many different words;
  /// an n-gram at the beginning of a text, which follows no word, counts each time.
  std::vector<std::int32_t> count;
  /// Where those begin in the next level that have one more word before them, and in the end how
  /// many there are; not there for the longest.
  std::vector<std::int32_t> begin;

  [[nodiscard]] std::int64_t size() const { return static_cast<std::int64_t>(count.size()); }
};

/// Probabilities of the next word after the `order` - 1 words before it.
///
/// With c(h w) the count of word w after context h, c(h) its sum over all words, and h' the context
/// without its first word:
///
///     p(w | h) = max(c(h w) - D(c(h w)), 0) / c(h) + b(h) p(w | h')
///     b(h)     = sum over w of D(c(h w)), divided by c(h)
///
/// with D(0) = 0, and for each length of n-grams three discounts D(1), D(2) and D(3), which stands
/// for 3 and more, from the numbers n1 ... n4 of its n-grams that are counted 1 ... 4 times:
///
///     Y = n1 / (n1 + 2 n2)      D(r) = r - (r + 1) Y n(r+1) / n(r)
///
/// A discount that does not lie between 0 and r, as in texts too small to have all four numbers, is
/// r / 2 instead. The empty context goes back to 1 / V, V being the words that can be predicted. A
/// context that was not seen goes back to the one without its first word as it is. So every
/// probability is above 0, and those after a context add up to 1.
class NgramModel {
 public:
  static constexpr int kMostOrder = 10;

  /// Counts the n-grams of up to `order` words of texts: sentences, or running text alone. The
  /// first id of a text is context only, as is the id `start` (Vocabulary::kNone: there is none),
  /// which is never predicted. `words`: ids there are. Throws unroll::Error for an order that is
  /// not from 1 to kMostOrder, an id out of range, or texts without a word to predict.
  NgramModel(const SentenceList& texts, int order, std::int64_t words, std::int32_t start);

  /// Of counts made before; throws unroll::Error where they cannot have been counted.
  NgramModel(std::vector<NgramLevel> levels, std::int32_t start);

  [[nodiscard]] int order() const { return static_cast<int>(levels_.size()); }
  [[nodiscard]] std::int64_t words() const { return levels_[0].size(); }
  /// The words that can be predicted: all but the start.
  [[nodiscard]] std::int64_t outcomes() const;
  /// The n-grams of 1 ... `order` words.
  [[nodiscard]] const std::vector<NgramLevel>& levels() const { return levels_; }
  /// How many different n-grams of so many words were seen.
  [[nodiscard]] std::int64_t distinct(int length) const;

  /// Taken off a count of 1, of 2, and of 3 or more.
  using Discounts = std::array<double, 3>;
  [[nodiscard]] const Discounts& discounts(int length) const { return discounts_[at(length)]; }

  /// p(word | context): the last `order` - 1 words of the context count, fewer where a text has
  /// just begun. 0 for the start. unroll::ValueError for a word that is no id.
  [[nodiscard]] double probability(std::span<const std::int32_t> context, std::int32_t word) const;

  /// log p of every word of a text but the first.
  [[nodiscard]] std::vector<double> log_probabilities(std::span<const std::int32_t> text) const;

 private:
  /// An n-gram as the context of the next word.
  struct Context {
    double total = 0;    // c(h)
    double backoff = 0;  // b(h)
  };

  static constexpr std::int32_t kNotSeen = -1;

  [[nodiscard]] static std::size_t at(int length) { return static_cast<std::size_t>(length - 1); }
  /// The place of an n-gram of `length` words with one more word before it; of length 0 there is
  /// one n-gram, the empty one.
  [[nodiscard]] std::int32_t longer(int length, std::int32_t place, std::int32_t before) const;
  [[nodiscard]] double discount(int length, std::int32_t count) const;
  void check_levels() const;
  void add_contexts();

  std::vector<NgramLevel> levels_;
  std::vector<Discounts> discounts_;
  std::vector<std::vector<Context>> contexts_;  // of 0 ... order - 1 words
  std::int32_t start_;
};

}  // namespace wordlm
