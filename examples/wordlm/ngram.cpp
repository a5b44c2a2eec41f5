#include "wordlm/ngram.h"

#include <unroll/core/error.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "wordlm/ngram_count.h"

namespace wordlm {
namespace {

using unroll::Error;
using unroll::fail;

/// Checked before anything is counted.
int checked_order(int order) {
  if (order < 1 || order > NgramModel::kMostOrder) {
    fail<Error>("n-grams: an order of {}, expected 1 to {}", order, NgramModel::kMostOrder);
  }
  return order;
}

NgramModel::Discounts discounts_of(const NgramLevel& level) {
  std::array<double, 5> n{};  // how many n-grams are counted 1 ... 4 times
  for (const std::int32_t count : level.count) {
    if (count >= 1 && count <= 4) ++n[static_cast<std::size_t>(count)];
  }
  const double y = n[1] / (n[1] + 2 * n[2]);
  NgramModel::Discounts discounts{};
  for (std::size_t r = 1; r <= 3; ++r) {
    const auto most = static_cast<double>(r);
    const double d = most - (most + 1) * y * n[r + 1] / n[r];
    discounts[r - 1] = d > 0 && d < most ? d : most / 2;  // the latter of NaN, too
  }
  return discounts;
}

/// Counts of a text that is no text.
[[noreturn]] void fail_counts(std::size_t length, const char* why) {
  fail<Error>("the {}-grams {}", length, why);
}

/// Whether the words before the same words rise: each is there once.
bool are_sorted(const NgramLevel& level, const NgramLevel& longer) {
  for (std::size_t i = 0; i < level.count.size(); ++i) {
    const auto first = longer.word.begin() + level.begin[i];
    const auto last = longer.word.begin() + level.begin[i + 1];
    if (!std::is_sorted(first, last, std::less_equal<>())) return false;
  }
  return true;
}

}  // namespace

NgramModel::NgramModel(const SentenceList& texts, int order, std::int64_t words, std::int32_t start)
    : levels_(count_ngrams(texts, checked_order(order), words, start)), start_(start) {
  add_contexts();
}

NgramModel::NgramModel(std::vector<NgramLevel> levels, std::int32_t start)
    : levels_(std::move(levels)), start_(start) {
  (void)checked_order(static_cast<int>(std::min<std::size_t>(levels_.size(), kMostOrder + 1)));
  check_levels();
  add_contexts();
}

std::int64_t NgramModel::outcomes() const {
  return words() - (start_ == Vocabulary::kNone ? 0 : 1);
}

std::int64_t NgramModel::distinct(int length) const {
  const auto& counts = levels_[at(length)].count;
  return std::ranges::count_if(counts, [](std::int32_t count) { return count > 0; });
}

void NgramModel::check_levels() const {
  const auto ids = static_cast<std::int32_t>(levels_[0].count.size());
  if (start_ < Vocabulary::kNone || start_ >= ids || outcomes() < 1) {
    fail_counts(1, "are not those of a vocabulary");
  }
  if (start_ != Vocabulary::kNone && levels_[0].count[static_cast<std::size_t>(start_)] != 0) {
    fail_counts(1, "count the start of sentences, which is never predicted");
  }
  for (std::size_t length = 1; length <= levels_.size(); ++length) {
    const NgramLevel& level = levels_[length - 1];
    const bool words_fit =
        level.word.size() == (length == 1 ? 0 : level.count.size()) &&
        std::ranges::all_of(level.word, [&](std::int32_t word) { return word >= 0 && word < ids; });
    if (!words_fit) fail_counts(length, "hold a word that is not in the vocabulary");
    const std::int32_t least = length == 1 ? 0 : 1;
    std::int64_t total = 0;
    for (const std::int32_t count : level.count) {
      if (count < least) fail_counts(length, "hold a count that is too small");
      total += count;
    }
    if (length == 1 && total == 0) fail_counts(length, "are all counted 0 times");
    if (length == levels_.size()) {
      if (!level.begin.empty()) fail_counts(length, "are not the longest ones");
      break;
    }
    const NgramLevel& longer = levels_[length];
    if (level.begin.size() != level.count.size() + 1 || level.begin.front() != 0 ||
        !std::ranges::is_sorted(level.begin) || level.begin.back() != longer.size() ||
        longer.word.size() != longer.count.size()) {
      fail_counts(length, "do not fit to those that are one word longer");
    }
    if (!are_sorted(level, longer)) fail_counts(length + 1, "are not sorted");
  }
}

double NgramModel::discount(int length, std::int32_t count) const {
  return count == 0 ? 0 : discounts(length)[static_cast<std::size_t>(std::min(count, 3) - 1)];
}

void NgramModel::add_contexts() {
  for (const NgramLevel& level : levels_) discounts_.push_back(discounts_of(level));
  contexts_.resize(levels_.size());
  contexts_[0].resize(1);
  // Of each n-gram of a length the place of its context, the n-gram without its last word.
  std::vector<std::int32_t> context_of(levels_[0].count.size(), 0);
  for (int length = 1; length <= order(); ++length) {
    const NgramLevel& level = levels_[at(length)];
    std::vector<Context>& contexts = contexts_[at(length)];
    for (std::size_t i = 0; i < level.count.size(); ++i) {
      Context& context = contexts[static_cast<std::size_t>(context_of[i])];
      context.total += level.count[i];
      context.backoff += discount(length, level.count[i]);
    }
    for (Context& context : contexts) {
      if (context.total > 0) context.backoff /= context.total;
    }
    if (length == order()) break;
    contexts_[at(length + 1)].resize(level.count.size());
    const NgramLevel& next = levels_[at(length + 1)];
    std::vector<std::int32_t> context_of_next(next.count.size());
    for (std::size_t i = 0; i < level.count.size(); ++i) {
      for (auto j = static_cast<std::size_t>(level.begin[i]);
           j < static_cast<std::size_t>(level.begin[i + 1]); ++j) {
        context_of_next[j] = longer(length - 1, context_of[i], next.word[j]);
        if (context_of_next[j] == kNotSeen) {
          fail_counts(static_cast<std::size_t>(length) + 1, "hold one whose context is missing");
        }
      }
    }
    context_of = std::move(context_of_next);
  }
}

std::int32_t NgramModel::longer(int length, std::int32_t place, std::int32_t before) const {
  if (length == 0) return before;
  const NgramLevel& level = levels_[at(length)];
  const std::vector<std::int32_t>& words = levels_[at(length + 1)].word;
  const auto first = words.begin() + level.begin[static_cast<std::size_t>(place)];
  const auto last = words.begin() + level.begin[static_cast<std::size_t>(place) + 1];
  const auto found = std::lower_bound(first, last, before);
  return found == last || *found != before ? kNotSeen
                                           : static_cast<std::int32_t>(found - words.begin());
}

double NgramModel::probability(std::span<const std::int32_t> context, std::int32_t word) const {
  const auto check_id = [&](std::int32_t id) {
    if (id < 0 || id >= words()) {
      fail<unroll::ValueError>("n-grams: there is no word {}; expected an id from 0 to {}", id,
                               words() - 1);
    }
  };
  check_id(word);
  if (word == start_) return 0;
  double p = 1 / static_cast<double>(outcomes());
  // The word, its context, and both one word longer at a time.
  std::int32_t ngram = word;
  std::int32_t history = 0;
  for (int length = 1;; ++length) {
    const Context& h = contexts_[at(length)][static_cast<std::size_t>(history)];
    if (h.total > 0) {
      const std::int32_t count =
          ngram == kNotSeen ? 0 : levels_[at(length)].count[static_cast<std::size_t>(ngram)];
      p = (count - discount(length, count)) / h.total + h.backoff * p;
    }
    if (length == order() || static_cast<std::size_t>(length) > context.size()) return p;
    const std::int32_t before = context[context.size() - static_cast<std::size_t>(length)];
    check_id(before);
    history = longer(length - 1, history, before);
    if (history == kNotSeen) return p;
    if (ngram != kNotSeen) ngram = longer(length, ngram, before);
  }
}

std::vector<double> NgramModel::log_probabilities(std::span<const std::int32_t> text) const {
  std::vector<double> logs;
  logs.reserve(text.size());
  for (std::size_t i = 1; i < text.size(); ++i) {
    const std::size_t before = std::min(i, levels_.size() - 1);
    logs.push_back(std::log(probability(text.subspan(i - before, before), text[i])));
  }
  return logs;
}

}  // namespace wordlm
