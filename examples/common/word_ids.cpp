#include "common/word_ids.h"

#include <unroll/core/error.h>

#include <algorithm>

namespace examples {

WordIds::WordIds(std::span<const std::vector<std::string>> texts, std::int64_t least,
                 std::int64_t most) {
  std::unordered_map<std::string_view, std::int64_t> counts;
  for (const auto& text : texts) {
    for (const std::string& word : text) ++counts[word];
  }
  std::vector<std::pair<std::string_view, std::int64_t>> found(counts.begin(), counts.end());
  std::erase_if(found, [&](const auto& word) { return word.second < least; });
  std::ranges::sort(found, [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  if (std::ssize(found) > most) found.resize(static_cast<std::size_t>(most));
  std::vector<std::string> words;
  for (const auto& [word, count] : found) words.emplace_back(word);
  *this = WordIds(std::move(words));
}

WordIds::WordIds(std::vector<std::string> words) : words_(std::move(words)) {
  for (std::size_t i = 0; i < words_.size(); ++i) {
    const bool is_new = ids_.emplace(words_[i], static_cast<std::int32_t>(i + 1)).second;
    if (!is_new) unroll::fail<unroll::Error>("the word '{}' has two numbers", words_[i]);
  }
}

std::int32_t WordIds::id(std::string_view word) const {
  const auto found = ids_.find(word);
  return found == ids_.end() ? kUnknown : found->second;
}

std::vector<std::int32_t> WordIds::ids(std::span<const std::string> words) const {
  std::vector<std::int32_t> numbers;
  for (const std::string& word : words) numbers.push_back(id(word));
  return numbers;
}

const std::string& WordIds::word(std::int32_t id) const {
  if (id < 1 || id >= size()) {
    unroll::fail<unroll::ValueError>("there is no word {}; expected 1 to {}", id, size() - 1);
  }
  return words_[static_cast<std::size_t>(id - 1)];
}

}  // namespace examples
