#include "wordlm/ngram_count.h"

#include <unroll/core/error.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <span>

namespace wordlm {
namespace {

using unroll::Error;
using unroll::fail;

using Place = std::uint32_t;

constexpr std::int32_t kBeginning = -1;  // stands before each text

/// All texts in a row, kBeginning before each; throws for an id that is none.
std::vector<std::int32_t> in_a_row(const SentenceList& texts, std::int64_t words,
                                   std::int32_t start) {
  const std::size_t size = texts.total() + texts.size();
  if (size > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())) {
    fail<Error>("n-grams: a text of {} words is too long for 32-bit counts", size);
  }
  std::vector<std::int32_t> row;
  row.reserve(size);
  for (const std::span<const std::int32_t> text : texts) {
    row.push_back(kBeginning);
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] < 0 || text[i] >= words || (i > 0 && text[i] == start)) {
        fail<Error>("n-grams: the text holds the id {}, expected one of {} words to predict",
                    text[i], words);
      }
      row.push_back(text[i]);
    }
  }
  return row;
}

/// The places of the words to predict: all but the first of each text, sorted by their word.
std::vector<Place> places_by_word(const std::vector<std::int32_t>& row, std::int64_t words) {
  const auto is_predicted = [&](std::size_t i) { return row[i] >= 0 && row[i - 1] >= 0; };
  std::vector<Place> next(static_cast<std::size_t>(words) + 1);
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (is_predicted(i)) ++next[static_cast<std::size_t>(row[i]) + 1];
  }
  std::partial_sum(next.begin(), next.end(), next.begin());
  std::vector<Place> places(next.back());
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (is_predicted(i)) places[next[static_cast<std::size_t>(row[i])]++] = static_cast<Place>(i);
  }
  return places;
}

/// Sorts the places of one word by the words before them, as many as an n-gram has.
void sort_by_history(std::span<Place> places, const std::vector<std::int32_t>& row, int order) {
  std::ranges::sort(places, [&](Place a, Place b) {
    for (Place back = 1; back < static_cast<Place>(order); ++back) {
      const std::int32_t x = row[a - back];
      const std::int32_t y = row[b - back];
      if (x != y) return x < y;
      if (x == kBeginning) return false;
    }
    return false;
  });
}

/// Takes the n-grams that end at each place, in their order.
class Counter {
 public:
  Counter(const std::vector<std::int32_t>& row, int order, std::int64_t words)
      : row_(row), levels_(static_cast<std::size_t>(order)) {
    levels_[0].count.resize(static_cast<std::size_t>(words));
    open_.resize(levels_.size());
  }

  void take(Place place) {
    const std::size_t order = levels_.size();
    std::size_t length = 1;  // of the longest n-gram that ends here and is counted already
    if (!any_ || word(place, 1) != word(last_, 1)) {
      open_word(word(place, 1));
    } else {
      while (length < order && word(place, length + 1) == word(last_, length + 1) &&
             word(place, length + 1) != kBeginning) {
        ++length;
      }
    }
    for (; length < order && word(place, length + 1) != kBeginning; ++length) {
      ++levels_[length - 1].count[open_[length - 1]];  // for another word before it
      open(length, word(place, length + 1));
    }
    // The longest is counted each time, as is one that follows no word.
    ++levels_[length - 1].count[open_[length - 1]];
    last_ = place;
    any_ = true;
  }

  std::vector<NgramLevel> finish() && {
    open_word(static_cast<std::int32_t>(levels_[0].count.size()));
    for (std::size_t i = 1; i + 1 < levels_.size(); ++i) begin_next(i);
    for (NgramLevel& level : levels_) {
      level.word.shrink_to_fit();
      level.count.shrink_to_fit();
      level.begin.shrink_to_fit();
    }
    return std::move(levels_);
  }

 private:
  /// The word of an n-gram of `length` words that is its first.
  [[nodiscard]] std::int32_t word(Place place, std::size_t length) const {
    return row_[place + 1 - length];
  }

  /// Where the longer n-grams of the next one of a level begin.
  void begin_next(std::size_t level) {
    levels_[level].begin.push_back(static_cast<std::int32_t>(levels_[level + 1].count.size()));
  }

  void open_word(std::int32_t id) {
    open_[0] = static_cast<std::size_t>(id);
    if (levels_.size() == 1) return;
    while (levels_[0].begin.size() <= open_[0]) begin_next(0);
  }

  void open(std::size_t level, std::int32_t first) {
    open_[level] = levels_[level].count.size();
    levels_[level].word.push_back(first);
    if (level + 1 < levels_.size()) begin_next(level);
    levels_[level].count.push_back(0);
  }

  const std::vector<std::int32_t>& row_;
  std::vector<NgramLevel> levels_;
  std::vector<std::size_t> open_;  // the n-gram of each length that is being counted
  Place last_ = 0;
  bool any_ = false;
};

}  // namespace

std::vector<NgramLevel> count_ngrams(const SentenceList& texts, int order, std::int64_t words,
                                     std::int32_t start) {
  const std::vector<std::int32_t> row = in_a_row(texts, words, start);
  std::vector<Place> places = places_by_word(row, words);
  if (places.empty()) fail<Error>("n-grams: the text has no word to predict");
  Counter counter(row, order, words);
  for (auto first = places.begin(); first != places.end();) {
    const auto last =
        std::find_if(first, places.end(), [&](Place place) { return row[place] != row[*first]; });
    sort_by_history({first, last}, row, order);
    first = last;
  }
  for (const Place place : places) counter.take(place);
  return std::move(counter).finish();
}

}  // namespace wordlm
