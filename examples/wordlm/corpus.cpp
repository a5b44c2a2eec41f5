#include "wordlm/corpus.h"

#include <unroll/core/error.h>

#include <algorithm>

#include "wordlm/builtin_comments.h"
#include "wordlm/comments.h"
#include "wordlm/sentences.h"

namespace wordlm {
namespace {

/// Built-in comments from which the tested part is taken: more would measure no better.
constexpr std::int64_t kMostTested = 20000;

/// Words of the longest sentence: a text without full stops would else be one, too long for any
/// memory.
constexpr std::size_t kLongestSentence = 500;

/// The mean of -log p per predicted word under the grammar that made the sentences.
double entropy_of(const std::vector<Sentence>& sentences) {
  double nats = 0;
  std::size_t words = 0;
  for (const Sentence& sentence : sentences) {
    nats -= builtin_grammar().log_probability(sentence);
    words += sentence.size() + 1;
  }
  return nats / static_cast<double>(words);
}

std::string notes_on(const Comments& comments) {
  std::string notes;
  if (comments.invalid_bytes > 0) {
    notes += fmt::format("\nnote: {} invalid UTF-8 sequences replaced, the first in line {}",
                         comments.invalid_bytes, comments.first_invalid_line);
  }
  if (comments.nul_bytes > 0)
    notes += fmt::format("\nnote: {} NUL bytes dropped", comments.nul_bytes);
  if (comments.unclosed_line > 0) {
    notes += fmt::format("\nnote: the record of line {} is cut off by the end of the file",
                         comments.unclosed_line);
  }
  return notes;
}

/// Cuts overlong sentences into pieces; how many there were.
std::size_t cut_long(std::vector<Sentence>& sentences) {
  std::vector<Sentence> pieces;
  std::size_t cut = 0;
  for (Sentence& sentence : sentences) {
    if (sentence.size() <= kLongestSentence) {
      pieces.push_back(std::move(sentence));
      continue;
    }
    ++cut;
    for (std::size_t begin = 0; begin < sentence.size(); begin += kLongestSentence) {
      const std::size_t end = std::min(begin + kLongestSentence, sentence.size());
      pieces.emplace_back(sentence.begin() + static_cast<std::ptrdiff_t>(begin),
                          sentence.begin() + static_cast<std::ptrdiff_t>(end));
    }
  }
  sentences = std::move(pieces);
  return cut;
}

/// The sentences of a file; `description` gets what was read.
std::vector<Sentence> read_sentences(const Settings& settings, std::string& description) {
  const Comments comments = read_comments(settings.data, settings.column);
  std::vector<Sentence> sentences = sentences_of(comments);
  std::erase_if(sentences, [](const Sentence& sentence) { return sentence.empty(); });
  if (sentences.empty()) {
    unroll::fail<unroll::IoError>("{}: no sentence in {} comments", settings.data,
                                  comments.texts.size());
  }
  const std::size_t cut = cut_long(sentences);
  description = fmt::format("{}: {} comments, {} sentences", settings.data, comments.texts.size(),
                            sentences.size());
  description += notes_on(comments);
  if (cut > 0) {
    description += fmt::format("\nnote: sentences of more than {} words, cut into pieces: {}",
                               kLongestSentence, cut);
  }
  return sentences;
}

}  // namespace

Corpus read_corpus(const Settings& settings) {
  Corpus corpus;
  if (settings.data.empty()) {
    corpus.train_words = builtin_sentences(settings.comments, settings.seed);
    const auto test_comments = static_cast<std::int64_t>(
        static_cast<double>(std::min(settings.comments, kMostTested)) * settings.held_out);
    corpus.test_words = builtin_sentences(test_comments, settings.seed + 1);
    corpus.description = fmt::format("built-in comments: {} comments, {} sentences",
                                     settings.comments, corpus.train_words.size());
    if (corpus.train_words.empty())
      unroll::fail<unroll::Error>("no built-in comments were asked for");
    if (!corpus.test_words.empty()) corpus.test_entropy = entropy_of(corpus.test_words);
    corpus.source_entropy = builtin_grammar().entropy_per_word();
    return corpus;
  }

  std::vector<Sentence> sentences = read_sentences(settings, corpus.description);
  // The sentences held out are spread evenly, for 0.1 every tenth: test and training text are then
  // alike, whatever the file's order.
  const auto held_out_of = [&](std::size_t count) {
    return static_cast<std::size_t>(static_cast<double>(count) * settings.held_out);
  };
  for (std::size_t i = 0; i < sentences.size(); ++i) {
    const bool test = held_out_of(i + 1) > held_out_of(i);
    (test ? corpus.test_words : corpus.train_words).push_back(std::move(sentences[i]));
  }
  return corpus;
}

Corpus read_evaluation(const Settings& settings) {
  Corpus corpus;
  if (!settings.data.empty()) {
    corpus.test_words = read_sentences(settings, corpus.description);
    return corpus;
  }
  const std::int64_t comments =
      std::max<std::int64_t>(std::min(settings.comments, kMostTested) / 10, 1);
  corpus.test_words = builtin_sentences(comments, settings.seed);
  corpus.description = fmt::format("built-in comments: {} comments, {} sentences", comments,
                                   corpus.test_words.size());
  corpus.test_entropy = entropy_of(corpus.test_words);
  corpus.source_entropy = builtin_grammar().entropy_per_word();
  return corpus;
}

std::vector<Ids> encode_all(const std::vector<Sentence>& sentences, const Vocabulary& vocabulary) {
  std::vector<Ids> ids;
  ids.reserve(sentences.size());
  for (const Sentence& sentence : sentences) ids.push_back(vocabulary.encode(sentence));
  return ids;
}

std::string fingerprint(const std::vector<Ids>& sentences) {
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
  for (const Ids& ids : sentences) {
    for (const std::int32_t id : ids) {
      hash = (hash ^ static_cast<std::uint32_t>(id)) * 0x100000001b3;
    }
  }
  return fmt::format("{:016x}", hash);
}

}  // namespace wordlm
