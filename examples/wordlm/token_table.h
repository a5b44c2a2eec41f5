#pragma once
/// The distinct tokens of a text, each with a number.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace wordlm {

/// A text as numbers: of the tokens of a table, or of the words of a vocabulary.
using Ids = std::vector<std::int32_t>;

/// Numbers the tokens of a text in the order in which they come first. A text is kept as such
/// numbers until its vocabulary is known: four bytes a token, however often it comes. A distinct
/// token needs its bytes and about 25 more: a text may have millions.
class TokenTable {
 public:
  /// What stands before a sentence and after it. No text has them.
  static constexpr std::int32_t kStart = 0;
  static constexpr std::int32_t kEnd = 1;

  TokenTable() = default;

  /// The number of a token, a new one where it has none yet. Throws unroll::Error where there are
  /// more than 2^31.
  [[nodiscard]] std::int32_t number(std::string_view token);

  /// The token of a number; empty for `kStart` and `kEnd`. It stays valid until number() is called.
  [[nodiscard]] std::string_view token(std::int32_t number) const {
    const auto i = static_cast<std::size_t>(number);
    const std::size_t begin = i == 0 ? 0 : ends_[i - 1];
    return {bytes_.data() + begin, ends_[i] - begin};
  }

  /// One more than the largest number.
  [[nodiscard]] std::size_t size() const { return ends_.size(); }

 private:
  /// A place of the hash table: the number of a token, and bits of its hash.
  struct Slot {
    std::int32_t number = -1;  // none
    std::uint32_t hash = 0;
  };
  static constexpr std::size_t kFewest = 1024;  // places of a small table

  void grow();

  std::string bytes_;                         // of all tokens, in the order of their numbers
  std::vector<std::uint64_t> ends_ = {0, 0};  // of each token in them
  std::vector<Slot> slots_ = std::vector<Slot>(kFewest);  // a power of two, at most half full
};

}  // namespace wordlm
