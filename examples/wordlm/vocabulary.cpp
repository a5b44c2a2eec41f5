#include "wordlm/vocabulary.h"

#include <fmt/format.h>
#include <unroll/core/error.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace wordlm {
namespace {

using unroll::fail;

struct CountedWord {
  std::string_view word;
  std::int64_t count = 0;
};

/// The words of `sentences` except the special ones, by falling frequency, then by their bytes.
std::vector<CountedWord> count_words(std::span<const Sentence> sentences,
                                     std::span<const std::string_view> special) {
  std::unordered_map<std::string_view, std::int64_t> counts;
  for (const Sentence& sentence : sentences) {
    for (const std::string& word : sentence) ++counts[word];
  }
  for (const std::string_view word : special) counts.erase(word);

  std::vector<CountedWord> words;
  words.reserve(counts.size());
  for (const auto& [word, count] : counts) words.push_back({word, count});
  std::ranges::sort(words, [](const CountedWord& a, const CountedWord& b) {
    return a.count != b.count ? a.count > b.count : a.word < b.word;
  });
  return words;
}

/// A special word as a message can show it.
std::string_view visible(std::string_view word) { return word == "\n" ? "a line feed" : word; }

}  // namespace

std::span<const std::string_view> Vocabulary::special_words(Reading reading) {
  static constexpr std::array kWords = {kSentenceStart, kSentenceEnd, kUnknown};
  static constexpr std::array<std::string_view, 1> kCharacters = {"\n"};
  switch (reading) {
    case Reading::sentences:
      return kWords;
    case Reading::stream:
      return std::span(kWords).subspan(1);
    case Reading::characters:
      break;
  }
  return kCharacters;
}

Vocabulary Vocabulary::build(std::span<const Sentence> sentences, int size, Reading reading,
                             std::int64_t min_count) {
  const std::span<const std::string_view> first = special_words(reading);
  const auto least = static_cast<int>(first.size()) + 1;
  if (size < least) {
    fail<unroll::Error>(
        "vocabulary: a size of {} leaves no room for words beside the {} special ones; expected {} "
        "or more",
        size, first.size(), least);
  }
  std::vector<CountedWord> counted = count_words(sentences, first);
  VocabularyCounts counts;
  counts.sentences = static_cast<std::int64_t>(sentences.size());
  for (const Sentence& sentence : sentences) {
    counts.words += static_cast<std::int64_t>(sentence.size());
    counts.unknown += std::ranges::count(sentence, kUnknown);
  }
  counts.distinct_words = static_cast<std::int64_t>(counted.size());

  const auto rare = std::ranges::find_if(
      counted, [&](const CountedWord& word) { return word.count < min_count; });
  const auto often_enough = static_cast<std::size_t>(rare - counted.begin());
  if (often_enough == 0 && !counted.empty()) {
    fail<unroll::Error>("vocabulary: no word is seen {} times; --min-count 1 takes them all",
                        min_count);
  }
  const std::size_t kept = std::min(often_enough, static_cast<std::size_t>(size) - first.size());
  for (std::size_t i = kept; i < counted.size(); ++i) counts.unknown += counted[i].count;
  counted.resize(kept);
  std::vector<std::string> words(first.begin(), first.end());
  for (const CountedWord& kept : counted) words.emplace_back(kept.word);
  if (!counted.empty()) {
    counts.rarest_word = counted.back().word;
    counts.rarest_count = counted.back().count;
  }
  Vocabulary vocabulary(std::move(words), reading);
  vocabulary.counts_ = std::move(counts);
  return vocabulary;
}

Vocabulary::Vocabulary(std::vector<std::string> words, Reading reading) : words_(std::move(words)) {
  if (words_.size() > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())) {
    fail<unroll::Error>("vocabulary: {} words are too many for 32-bit ids", words_.size());
  }
  const std::span<const std::string_view> first = special_words(reading);
  for (std::size_t i = 0; i < first.size(); ++i) {
    const std::string found = i < words_.size() ? fmt::format("'{}'", words_[i]) : "the end";
    if (i >= words_.size() || words_[i] != first[i]) {
      fail<unroll::Error>("vocabulary: expected {} as word {}, found {}", visible(first[i]), i,
                          found);
    }
  }
  ids_.reserve(words_.size());
  for (std::size_t i = 0; i < words_.size(); ++i) {
    const auto [other, is_new] = ids_.emplace(words_[i], static_cast<std::int32_t>(i));
    if (!is_new) {
      fail<unroll::Error>("vocabulary: '{}' is both word {} and word {}; expected every word once",
                          words_[i], other->second, i);
    }
  }
  const auto find = [&](std::string_view word) {
    const auto found = std::ranges::find(first, word);
    return found == first.end() ? kNone : static_cast<std::int32_t>(found - first.begin());
  };
  start_ = find(kSentenceStart);
  end_ = find(reading == Reading::characters ? first[0] : kSentenceEnd);
  unknown_ = find(kUnknown);
}

std::int32_t Vocabulary::id(std::string_view word) const {
  const auto found = ids_.find(word);
  if (found != ids_.end()) return found->second;
  if (unknown_ != kNone) return unknown_;
  fail<unroll::ValueError>("'{}' is none of the {} characters the model knows", word, size());
}

const std::string& Vocabulary::word(std::int32_t id) const {
  if (id < 0 || id >= size()) {
    fail<unroll::ValueError>("vocabulary: there is no word {}; expected an id from 0 to {}", id,
                             size() - 1);
  }
  return words_[static_cast<std::size_t>(id)];
}

std::vector<std::int32_t> Vocabulary::encode(std::span<const std::string> sentence) const {
  std::vector<std::int32_t> ids;
  ids.reserve(sentence.size() + 2);
  ids.push_back(start_ == kNone ? end_ : start_);
  for (const std::string& word : sentence) ids.push_back(id(word));
  ids.push_back(end_);
  return ids;
}

}  // namespace wordlm
