#pragma once
/// The words a model knows, and the numbers it knows them by.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "wordlm/text.h"

namespace wordlm {

/// What was counted when a vocabulary was built.
struct VocabularyCounts {
  std::int64_t sentences = 0;
  std::int64_t words = 0;           ///< all of them, punctuation included
  std::int64_t distinct_words = 0;  ///< before the rare ones were left out
  std::string rarest_word;          ///< the last word kept; empty if there is none
  std::int64_t rarest_count = 0;    ///< how often it was seen
  std::int64_t unknown = 0;         ///< words in the text, repeated ones too, that were left out
};

/// How a text is read, and with it the special words that a vocabulary begins with.
enum class Reading : std::uint8_t {
  sentences,   ///< each stands alone, between SENTENCE_START and SENTENCE_END
  stream,      ///< they follow each other, with a SENTENCE_END after each
  characters,  ///< as a stream of characters, with a line feed after each line; none is unknown
};

/// Words and their ids: the special words first, then the others by falling frequency.
class Vocabulary {
 public:
  static constexpr std::string_view kSentenceStart = "SENTENCE_START";
  static constexpr std::string_view kSentenceEnd = "SENTENCE_END";
  static constexpr std::string_view kUnknown = "UNKNOWN_TOKEN";
  static constexpr std::int32_t kNone = -1;  ///< the id of a special word that there is not

  /// The special words and the most frequent of `sentences`, at most `size` in all, each seen
  /// `min_count` times or more. Words seen equally often are taken in the order of their bytes.
  /// Throws `unroll::Error` if `size` leaves no room for a word beside the special ones, or no word
  /// is seen so often.
  [[nodiscard]] static Vocabulary build(std::span<const Sentence> sentences, int size,
                                        Reading reading = Reading::sentences,
                                        std::int64_t min_count = 1);

  /// A vocabulary saved before, in the order of its ids. Throws `unroll::Error` if it does not
  /// begin with the special words or holds a word twice.
  explicit Vocabulary(std::vector<std::string> words, Reading reading = Reading::sentences);

  /// The special words, in the order of their ids.
  [[nodiscard]] static std::span<const std::string_view> special_words(Reading reading);

  [[nodiscard]] std::int32_t sentence_start() const { return start_; }
  [[nodiscard]] std::int32_t sentence_end() const { return end_; }
  [[nodiscard]] std::int32_t unknown() const { return unknown_; }

  /// The id of `word`; `unknown()` if the vocabulary lacks it, or `unroll::ValueError` where
  /// nothing stands for what it lacks.
  [[nodiscard]] std::int32_t id(std::string_view word) const;

  /// The word of `id`. Throws `unroll::ValueError` if there is none.
  [[nodiscard]] const std::string& word(std::int32_t id) const;

  [[nodiscard]] int size() const { return static_cast<int>(words_.size()); }

  /// All words in the order of their ids: what the constructor takes.
  [[nodiscard]] const std::vector<std::string>& words() const { return words_; }

  /// The ids of a sentence between its two markers, or between two ends where there is no start:
  /// its length plus 2. A language model reads all but the last and predicts all but the first.
  [[nodiscard]] std::vector<std::int32_t> encode(std::span<const std::string> sentence) const;

  /// What `build` counted; all zero in a vocabulary saved before.
  [[nodiscard]] const VocabularyCounts& counts() const { return counts_; }

 private:
  /// Lets a `string_view` look up a `string` without a copy.
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view word) const {
      return std::hash<std::string_view>()(word);
    }
  };

  std::vector<std::string> words_;
  std::int32_t start_ = kNone;
  std::int32_t end_ = kNone;
  std::int32_t unknown_ = kNone;
  std::unordered_map<std::string, std::int32_t, Hash, std::equal_to<>> ids_;
  VocabularyCounts counts_;
};

}  // namespace wordlm
