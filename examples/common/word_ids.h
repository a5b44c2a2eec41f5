#pragma once
/// Words and their numbers.

#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace examples {

/// The most frequent words of a text, numbered from 1 by falling frequency; 0 stands for all
/// others.
class WordIds {
 public:
  static constexpr std::int32_t kUnknown = 0;

  /// Only the unknown word.
  WordIds() = default;
  /// Of texts: words seen `least` times or more, at most `most`. Of equally frequent ones those
  /// that come first by their bytes.
  WordIds(std::span<const std::vector<std::string>> texts, std::int64_t least, std::int64_t most);
  /// Of a list, the words in the order of their numbers. unroll::Error for a word that is in it
  /// twice.
  explicit WordIds(std::vector<std::string> words);

  /// The number of a word.
  [[nodiscard]] std::int32_t id(std::string_view word) const;
  [[nodiscard]] std::vector<std::int32_t> ids(std::span<const std::string> words) const;
  /// The word of a number above 0; unroll::ValueError for another.
  [[nodiscard]] const std::string& word(std::int32_t id) const;
  /// Numbers that there are, that of the unknown word among them.
  [[nodiscard]] std::int64_t size() const { return std::ssize(words_) + 1; }
  /// All words but the unknown one, in order.
  [[nodiscard]] const std::vector<std::string>& words() const { return words_; }

 private:
  struct Hash {  // lets a string_view look up a string without a copy
    using is_transparent = void;
    std::size_t operator()(std::string_view word) const {
      return std::hash<std::string_view>()(word);
    }
  };
  std::vector<std::string> words_;
  std::unordered_map<std::string, std::int32_t, Hash, std::equal_to<>> ids_;
};

}  // namespace examples
