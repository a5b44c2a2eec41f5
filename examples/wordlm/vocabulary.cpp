#include "wordlm/vocabulary.h"

#include <fmt/format.h>
#include <unroll/core/error.h>

#include <algorithm>
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
std::vector<CountedWord> count_words(std::span<const Sentence> sentences) {
  std::unordered_map<std::string_view, std::int64_t> counts;
  for (const Sentence& sentence : sentences) {
    for (const std::string& word : sentence) ++counts[word];
  }
  for (const std::string_view special : Vocabulary::kSpecialWords) counts.erase(special);

  std::vector<CountedWord> words;
  words.reserve(counts.size());
  for (const auto& [word, count] : counts) words.push_back({word, count});
  std::ranges::sort(words, [](const CountedWord& a, const CountedWord& b) {
    return a.count != b.count ? a.count > b.count : a.word < b.word;
  });
  return words;
}

}  // namespace

Vocabulary Vocabulary::build(std::span<const Sentence> sentences, int size) {
  constexpr int kSpecial = static_cast<int>(kSpecialWords.size());
  if (size <= kSpecial) {
    fail<unroll::Error>(
        "vocabulary: a size of {} leaves no room for words beside the {} special ones; expected {} "
        "or more",
        size, kSpecial, kSpecial + 1);
  }
  std::vector<CountedWord> counted = count_words(sentences);
  VocabularyCounts counts;
  counts.sentences = static_cast<std::int64_t>(sentences.size());
  for (const Sentence& sentence : sentences) {
    counts.words += static_cast<std::int64_t>(sentence.size());
  }
  counts.distinct_words = static_cast<std::int64_t>(counted.size());

  counted.resize(std::min(counted.size(), static_cast<std::size_t>(size - kSpecial)));
  std::vector<std::string> words(kSpecialWords.begin(), kSpecialWords.end());
  for (const CountedWord& kept : counted) words.emplace_back(kept.word);
  if (!counted.empty()) {
    counts.rarest_word = counted.back().word;
    counts.rarest_count = counted.back().count;
  }
  Vocabulary vocabulary(std::move(words));
  vocabulary.counts_ = std::move(counts);
  return vocabulary;
}

Vocabulary::Vocabulary(std::vector<std::string> words) : words_(std::move(words)) {
  if (words_.size() > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())) {
    fail<unroll::Error>("vocabulary: {} words are too many for 32-bit ids", words_.size());
  }
  for (std::size_t i = 0; i < kSpecialWords.size(); ++i) {
    const std::string found = i < words_.size() ? fmt::format("'{}'", words_[i]) : "the end";
    if (i >= words_.size() || words_[i] != kSpecialWords[i]) {
      fail<unroll::Error>("vocabulary: expected {} as word {}, found {}", kSpecialWords[i], i,
                          found);
    }
  }
  ids_.reserve(words_.size());
  for (std::size_t i = 0; i < words_.size(); ++i) {
    const auto [first, is_new] = ids_.emplace(words_[i], static_cast<std::int32_t>(i));
    if (!is_new) {
      fail<unroll::Error>("vocabulary: '{}' is both word {} and word {}; expected every word once",
                          words_[i], first->second, i);
    }
  }
}

std::int32_t Vocabulary::id(std::string_view word) const {
  const auto found = ids_.find(word);
  return found == ids_.end() ? kUnknown : found->second;
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
  ids.push_back(kSentenceStart);
  for (const std::string& word : sentence) ids.push_back(id(word));
  ids.push_back(kSentenceEnd);
  return ids;
}

}  // namespace wordlm
