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

#include "text/words.h"
#include "wordlm/sentence_list.h"
#include "wordlm/token_table.h"
#include "wordlm/tokens.h"

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

/// How a vocabulary is made.
struct VocabularyOptions {
  Units units;
  int size = 8000;             ///< at most so many ids, the special words included
  std::int64_t min_count = 1;  ///< words seen less often are left out
  bool whole_table = false;    ///< tokens of the table that the text lacks are taken, too
};

/// Tokens and their ids. First the special words: the beginning of a sentence, its end, and the
/// unknown word, as far as there can be such; then words or characters by falling
/// frequency; or all bytes, and behind them for `Tokens::bpe` the pieces in the order in which they
/// were learned. Of running text whose tokens are no words a line feed marks the end.
class Vocabulary {
 public:
  static constexpr std::string_view kSentenceStart = text::kSentenceStart;
  static constexpr std::string_view kSentenceEnd = text::kSentenceEnd;
  static constexpr std::string_view kUnknown = text::kUnknown;
  static constexpr std::int32_t kNone = -1;  ///< the id of a special word that there is not

  /// That of a text, in numbers of `tokens`. Words seen equally often are taken in the order of
  /// their bytes. Throws `unroll::Error` if the size leaves no room for a word beside the special
  /// ones, or no word is seen often enough.
  [[nodiscard]] static Vocabulary build(const TokenTable& tokens, const SentenceList& text,
                                        const VocabularyOptions& options);

  /// A vocabulary that was saved: its words in the order of their ids, and how often each was
  /// counted, where that is known. Throws `unroll::Error` where the special words are not the first
  /// ones, or a word stands there twice.
  explicit Vocabulary(std::vector<std::string> words, Units units = {},
                      VocabularyCounts counts = {});

  /// The special words, in the order of their ids.
  [[nodiscard]] static std::span<const std::string_view> special_words(Units units);

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

  /// What stands before a text.
  [[nodiscard]] std::int32_t before_text() const { return start_ == kNone ? end_ : start_; }

  /// Sentences in numbers of `tokens` as ids: of `TokenTable::kStart` comes `before_text()`, of
  /// `kEnd` `sentence_end()`, of a token its id, or those of its pieces. Throws
  /// examples::Interrupted where Ctrl-C asks to stop.
  [[nodiscard]] SentenceList encode(const TokenTable& tokens, const SentenceList& sentences) const;

  /// How the text is read that it is for.
  [[nodiscard]] Units units() const { return units_; }

  /// What `build` counted; all zero where that is not known.
  [[nodiscard]] const VocabularyCounts& counts() const { return counts_; }

 private:
  /// Lets a `string_view` look up a `string` without a copy.
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view word) const {
      return std::hash<std::string_view>()(word);
    }
  };

  void append(std::string_view token, Ids& ids) const;

  Units units_;
  std::vector<std::string> words_;
  std::int32_t start_ = kNone;
  std::int32_t end_ = kNone;
  std::int32_t unknown_ = kNone;
  std::unordered_map<std::string, std::int32_t, Hash, std::equal_to<>> ids_;
  VocabularyCounts counts_;
};

/// The words of a vocabulary as JSON, and back.
[[nodiscard]] std::string words_to_json(const Vocabulary& vocabulary);
[[nodiscard]] std::vector<std::string> words_from_json(const std::string& text, Units units);

}  // namespace wordlm
