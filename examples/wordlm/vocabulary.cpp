#include "wordlm/vocabulary.h"

#include <fmt/format.h>
#include <unroll/core/error.h>

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/progress_line.h"
#include "wordlm/bpe.h"

namespace wordlm {
namespace {

using unroll::fail;

constexpr std::size_t kBytes = 256;

/// Bytes of all ids of a text.
std::int64_t bytes_of(const SentenceList& text) {
  return static_cast<std::int64_t>(text.total() * sizeof(std::int32_t));
}

/// How often a text has each token of a table.
std::vector<std::int64_t> count_tokens(const TokenTable& tokens, const SentenceList& text) {
  std::vector<std::int64_t> counts(tokens.size());
  examples::WorkLine line("counting", bytes_of(text));
  text.for_each_piece([&](std::span<const std::int32_t> numbers) {
    line.advance(numbers.size_bytes());
    for (const std::int32_t number : numbers) ++counts[static_cast<std::size_t>(number)];
  });
  return counts;
}

/// The tokens of a text except the special words, by falling frequency, then by their bytes.
std::vector<CountedToken> by_frequency(const TokenTable& tokens,
                                       const std::vector<std::int64_t>& counts,
                                       std::span<const std::string_view> special,
                                       bool whole_table) {
  std::vector<CountedToken> found;
  found.reserve(counts.size());
  for (std::size_t i = TokenTable::kEnd + 1; i < counts.size(); ++i) {
    const std::string_view token = tokens.token(static_cast<std::int32_t>(i));
    if ((whole_table || counts[i] > 0) && std::ranges::find(special, token) == special.end()) {
      found.push_back({token, counts[i]});
    }
  }
  std::ranges::sort(found, [](const CountedToken& a, const CountedToken& b) {
    return a.count != b.count ? a.count > b.count : a.token < b.token;
  });
  return found;
}

bool has_bytes(Tokens tokens) { return tokens == Tokens::byte || tokens == Tokens::bpe; }

/// The words that a vocabulary begins with whatever the text: special ones, and bytes.
std::vector<std::string> first_words(Units units) {
  std::vector<std::string> words;
  for (const std::string_view word : Vocabulary::special_words(units)) words.emplace_back(word);
  for (std::size_t i = 0; has_bytes(units.tokens) && i < kBytes; ++i) {
    words.emplace_back(1, static_cast<char>(i));
  }
  return words;
}

/// What there is of everything in a text with so many of each token.
VocabularyCounts count_all(const TokenTable& tokens, const std::vector<std::int64_t>& numbers) {
  VocabularyCounts counts;
  counts.sentences = numbers[TokenTable::kEnd];
  for (std::size_t i = TokenTable::kEnd + 1; i < numbers.size(); ++i) {
    counts.words += numbers[i];
    const bool unknown = tokens.token(static_cast<std::int32_t>(i)) == Vocabulary::kUnknown;
    if (unknown) counts.unknown += numbers[i];
  }
  return counts;
}

/// How many of the first tokens are seen as often as that; unroll::Error where none is.
std::size_t count_often_enough(const std::vector<CountedToken>& counted, std::int64_t min_count) {
  const auto rare = std::ranges::find_if(
      counted, [&](const CountedToken& word) { return word.count < min_count; });
  if (rare == counted.begin() && !counted.empty()) {
    fail<unroll::Error>("vocabulary: no word is seen {} times; --min-count 1 takes them all",
                        min_count);
  }
  return static_cast<std::size_t>(rare - counted.begin());
}

/// A special word as a message can show it.
std::string_view visible(std::string_view word) { return word == "\n" ? "a line feed" : word; }

}  // namespace

std::span<const std::string_view> Vocabulary::special_words(Units units) {
  static constexpr std::array kSentences = {kSentenceStart, kSentenceEnd, kUnknown};
  static constexpr std::array<std::string_view, 1> kLineFeed = {"\n"};
  const std::span<const std::string_view> all = kSentences;
  if (has_bytes(units.tokens)) return units.running ? all.first(0) : all.first(2);
  if (units.has_line_feeds()) return kLineFeed;
  return units.running ? all.subspan(1) : all;
}

Vocabulary Vocabulary::build(const TokenTable& tokens, const SentenceList& text,
                             const VocabularyOptions& options) {
  const Units units = options.units;
  std::vector<std::string> words = first_words(units);
  const auto least = static_cast<int>(words.size()) + 1;
  if (units.tokens != Tokens::byte && options.size < least) {
    fail<unroll::Error>(
        "vocabulary: a size of {} leaves no room for words beside the {} special ones; expected {} "
        "or more",
        options.size, words.size(), least);
  }
  const std::vector<std::int64_t> numbers = count_tokens(tokens, text);
  const std::vector<CountedToken> counted =
      by_frequency(tokens, numbers, special_words(units), options.whole_table);
  VocabularyCounts counts = count_all(tokens, numbers);
  if (units.running && !text.empty()) --counts.sentences;  // an end stands before the first, too
  counts.distinct_words = static_cast<std::int64_t>(counted.size());
  const auto room = static_cast<std::size_t>(std::max(options.size - least + 1, 0));
  if (units.tokens == Tokens::bpe) {
    for (std::string& piece : learn_pieces(counted, room)) words.push_back(std::move(piece));
  } else if (units.tokens != Tokens::byte) {
    const std::size_t kept =
        std::min(count_often_enough(counted, options.whole_table ? 0 : options.min_count), room);
    for (const CountedToken& word : std::span(counted).first(kept)) words.emplace_back(word.token);
    for (const CountedToken& word : std::span(counted).subspan(kept)) counts.unknown += word.count;
    if (kept > 0) {
      counts.rarest_word = counted[kept - 1].token;
      counts.rarest_count = counted[kept - 1].count;
    }
  }
  return Vocabulary(std::move(words), units, std::move(counts));
}

Vocabulary::Vocabulary(std::vector<std::string> words, Units units, VocabularyCounts counts)
    : units_(units), words_(std::move(words)), counts_(std::move(counts)) {
  if (words_.size() > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())) {
    fail<unroll::Error>("vocabulary: {} words are too many for 32-bit ids", words_.size());
  }
  const std::vector<std::string> first = first_words(units);
  for (std::size_t i = 0; i < first.size(); ++i) {
    if (i < words_.size() && words_[i] == first[i]) continue;
    fail<unroll::Error>("vocabulary: expected {} as word {}, found {}", visible(first[i]), i,
                        i < words_.size() ? fmt::format("'{}'", words_[i]) : "the end");
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
    const std::span<const std::string_view> special = special_words(units);
    const auto found = std::ranges::find(special, word);
    return found == special.end() ? kNone : static_cast<std::int32_t>(found - special.begin());
  };
  start_ = find(kSentenceStart);
  end_ = units.has_line_feeds() ? ids_.at("\n") : find(kSentenceEnd);
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

void Vocabulary::append(std::string_view token, Ids& ids) const {
  if (units_.tokens != Tokens::bpe) {
    ids.push_back(id(token));
    return;
  }
  const auto first = static_cast<std::int32_t>(special_words(units_).size());
  const auto id_of = [&](std::string_view piece) {
    const auto found = ids_.find(piece);
    return found == ids_.end() || found->second < first ? kNone : found->second;
  };
  append_pieces(token, id_of, ids);
}

SentenceList Vocabulary::encode(const TokenTable& tokens, const SentenceList& sentences) const {
  constexpr std::int32_t kNotYet = -2;
  // The ids of each token one after the other: of most one alone.
  std::vector<Ids> pieces(units_.tokens == Tokens::bpe ? tokens.size() : 0);
  std::vector<std::int32_t> ids(tokens.size(), kNotYet);
  ids[TokenTable::kStart] = before_text();
  ids[TokenTable::kEnd] = end_;
  SentenceWriter writer(sentences.room());
  const auto write_id = [&](std::int32_t number) {
    std::int32_t& id_of_token = ids[static_cast<std::size_t>(number)];
    if (id_of_token == kNotYet) id_of_token = id(tokens.token(number));
    writer.add(id_of_token);
  };
  const auto write_pieces = [&](std::int32_t number) {
    Ids& of_token = pieces[static_cast<std::size_t>(number)];
    if (of_token.empty()) {
      const std::int32_t marker = ids[static_cast<std::size_t>(number)];
      if (marker != kNotYet) {
        of_token = {marker};
      } else {
        append(tokens.token(number), of_token);
      }
    }
    writer.add(of_token);
  };
  examples::WorkLine line("encoding", bytes_of(sentences));
  for (std::size_t i = 0; i < sentences.size(); ++i) {
    sentences.for_each_piece(i, [&](std::span<const std::int32_t> numbers) {
      line.advance(numbers.size_bytes());
      for (const std::int32_t number : numbers) {
        pieces.empty() ? write_id(number) : write_pieces(number);
      }
    });
    writer.end_sentence();
  }
  return writer.finish();
}

std::string words_to_json(const Vocabulary& vocabulary) {
  std::vector<std::string> words = vocabulary.words();
  // JSON cannot hold any bytes.
  if (has_bytes(vocabulary.units().tokens)) std::ranges::transform(words, words.begin(), to_latin1);
  return nlohmann::json(words).dump();
}

std::vector<std::string> words_from_json(const std::string& text, Units units) {
  auto words = nlohmann::json::parse(text).get<std::vector<std::string>>();
  if (has_bytes(units.tokens)) std::ranges::transform(words, words.begin(), from_latin1);
  return words;
}

}  // namespace wordlm
