#pragma once
/// The distinct tokens of a text, each with a number.

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace wordlm {

/// A text as numbers: of the tokens of a table, or of the words of a vocabulary.
using Ids = std::vector<std::int32_t>;

/// Numbers the tokens of a text in the order in which they come first. A text is kept as such
/// numbers until its vocabulary is known: four bytes a token, however often it comes.
class TokenTable {
 public:
  /// What stands before a sentence and after it. No text has them.
  static constexpr std::int32_t kStart = 0;
  static constexpr std::int32_t kEnd = 1;

  TokenTable() : tokens_(2) {}
  TokenTable(TokenTable&&) = default;
  TokenTable& operator=(TokenTable&&) = default;

  /// The number of a token, a new one where it has none yet. Throws unroll::Error where there are
  /// more than 2^31.
  [[nodiscard]] std::int32_t number(std::string_view token);

  /// The token of a number; empty for `kStart` and `kEnd`.
  [[nodiscard]] const std::string& token(std::int32_t number) const {
    return tokens_[static_cast<std::size_t>(number)];
  }

  /// One more than the largest number.
  [[nodiscard]] std::size_t size() const { return tokens_.size(); }

 private:
  std::deque<std::string> tokens_;  // do not move when more are added
  std::unordered_map<std::string_view, std::int32_t> numbers_;
};

}  // namespace wordlm
