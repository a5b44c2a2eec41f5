#include "wordlm/corpus.h"

#include <fmt/ranges.h>
#include <unroll/core/error.h>
#include <unroll/core/random.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "common/numbers.h"
#include "common/progress_line.h"
#include "text/comments.h"
#include "text/input.h"
#include "text/words.h"
#include "wordlm/builtin_comments.h"
#include "wordlm/id_file.h"
#include "wordlm/text_format.h"
#include "wordlm/text_reader.h"

namespace wordlm {

using examples::count_of;
namespace {

/// Built-in comments from which the tested part is taken: more would measure no better.
constexpr std::int64_t kMostTested = 20000;

/// Bytes of a text by which its tokens are chosen.
constexpr std::size_t kLookedAt = 200'000;

constexpr int kMostWords = 8000;  // of a vocabulary whose size was not asked for

/// Where --min-count is not given, words seen once become UNKNOWN_TOKEN in a text of so many words,
/// a smaller one cannot spare them, of which else fewer than one in so many would.
constexpr std::int64_t kWordsToSpare = 2000;
constexpr std::int64_t kEnoughUnknown = 500;

/// The mean of -log p per predicted word under the grammar that made the sentences.
double entropy_of(const std::vector<text::Sentence>& sentences) {
  double nats = 0;
  std::size_t words = 0;
  for (const text::Sentence& sentence : sentences) {
    nats -= builtin_grammar().log_probability(sentence);
    words += sentence.size() + 1;
  }
  return nats / static_cast<double>(words);
}

/// A text of one file, as a model of these settings reads.
SentenceList read_one(const std::string& path, const TextSettings& settings, TokenTable& tokens,
                      std::string& description) {
  TextReader reader(settings, tokens, {path});
  const std::string format = format_of(path, settings, settings.format);
  text::TextStream file = text::open_text(path);
  description = reader.read(path, file, format);
  return reader.take();
}

/// Throws where a file of ids is read as a text: it lies beside its text, and the names of all
/// files of a folder include it.
void refuse_ids(const std::string& path) {
  if (!is_id_file(path)) return;
  unroll::fail<unroll::IoError>(
      "{}: is no text but a file of ids, which wordlm keeps of a text; leave it out of --data, "
      "--valid and --test",
      path);
}

/// The text of all files to train on.
SentenceList read_data(TextSettings& settings, bool chooses, Corpus& corpus) {
  std::vector<std::string> descriptions;
  std::optional<TextReader> reader;
  for (const std::string& path : settings.data) {
    text::TextStream file = text::open_text(path);
    if (!reader) {
      if (chooses) settings.tokens = choose_tokens(file);
      if (chooses && settings.tokens == Tokens::character) {
        corpus.description = fmt::format("{}\n", kCharactersChosen);
      }
      reader.emplace(settings, corpus.tokens, Room{path});
    }
    descriptions.push_back(reader->read(path, file, format_of(path, settings, settings.format)));
  }
  corpus.text_description = fmt::format("{}", fmt::join(descriptions, "\n"));
  corpus.description += corpus.text_description;
  return reader->take();
}

/// Built-in comments as a model reads them.
SentenceList builtin(std::int64_t comments, std::uint64_t seed, const TextSettings& settings,
                     TokenTable& tokens) {
  TextReader reader(settings, tokens);
  if (settings.tokens == Tokens::word) {
    for (const text::Sentence& sentence : builtin_sentences(comments, seed)) reader.add(sentence);
  } else {
    for (const std::string& comment : builtin_comments(comments, seed)) reader.add_lines(comment);
  }
  return reader.take();
}

/// The same as the sentences held out, with the least loss there can be on them where it is known.
void hold_out_builtin(std::int64_t comments, std::uint64_t seed, const TextSettings& settings,
                      Corpus& corpus) {
  corpus.held_out = builtin(comments, seed, settings, corpus.tokens);
  if (settings.tokens != Tokens::word || corpus.held_out.empty()) return;
  corpus.held_out_entropy = entropy_of(builtin_sentences(comments, seed));
}

std::string describe_builtin(std::int64_t comments, const SentenceList& text,
                             const TextSettings& settings) {
  std::int64_t lines = settings.running && !text.empty() ? -1 : 0;
  text.for_each_piece([&](std::span<const std::int32_t> ids) {
    lines += std::ranges::count(ids, TokenTable::kEnd);
  });
  return fmt::format("built-in comments: {}, {}", count_of(comments, "comment"),
                     count_of(lines, settings.tokens == Tokens::word ? "sentence" : "line"));
}

void set_source_entropy(Corpus& corpus, const TextSettings& settings) {
  if (settings.tokens == Tokens::word) {
    corpus.source_entropy = builtin_grammar().entropy_per_word();
  }
}

void read_builtin(const TextSettings& settings, std::uint64_t seed, Corpus& corpus) {
  corpus.train = builtin(settings.comments, seed, settings, corpus.tokens);
  corpus.description = describe_builtin(settings.comments, corpus.train, settings);
  if (corpus.train.empty()) unroll::fail<unroll::Error>("no built-in comments were asked for");
  const auto held_out = static_cast<std::int64_t>(
      static_cast<double>(std::min(settings.comments, kMostTested)) * settings.held_out);
  if (settings.valid.empty()) hold_out_builtin(held_out, seed + 1, settings, corpus);
  set_source_entropy(corpus, settings);
}

/// Divides sentences into those to train on and those held out. For 0.1 every tenth is held out, so
/// that both are alike whatever the file's order.
void hold_out_sentences(double part, Corpus& corpus) {
  const auto part_of = [&](std::size_t count) {
    return static_cast<std::size_t>(static_cast<double>(count) * part);
  };
  if (part_of(corpus.train.size()) == 0) return;
  SentenceWriter train(corpus.train.room());
  SentenceWriter held_out(corpus.train.room());
  examples::WorkLine line("holding out sentences",
                          static_cast<std::int64_t>(corpus.train.total() * sizeof(std::int32_t)));
  for (std::size_t i = 0; i < corpus.train.size(); ++i) {
    SentenceWriter& set = part_of(i + 1) > part_of(i) ? held_out : train;
    const std::span<const std::int32_t> ids = corpus.train[i];
    line.advance(ids.size_bytes());
    set.add(ids);
    set.end_sentence();
  }
  corpus.train = train.finish();
  corpus.held_out = held_out.finish();
}

/// Running text is not torn apart: the last tenth of its words, ends of lines among them, is held
/// out, within a line if need be. The word before it is read, not predicted.
void hold_out_end(double part, Corpus& corpus) {
  const SentenceList text = corpus.train;
  const std::size_t words = text.total() - 1;
  const auto held_out = static_cast<std::size_t>(static_cast<double>(words) * part);
  if (held_out == 0) return;
  corpus.held_out = text.part(words - held_out, words + 1);
  corpus.train = text.part(0, words + 1 - held_out);
}

/// unroll::hash_name() of bytes behind those of which `hash` is that.
std::uint64_t continue_hash(std::uint64_t hash, std::span<const std::byte> bytes) {
  constexpr std::uint64_t kPrime = 0x100000001b3;
  for (const std::byte byte : bytes) hash = (hash ^ static_cast<std::uint64_t>(byte)) * kPrime;
  return hash;
}

Corpus read_corpus(TextSettings& settings, std::uint64_t seed, bool chooses) {
  for (const std::string& path : settings.data) refuse_ids(path);
  refuse_ids(settings.valid);
  refuse_ids(settings.test);
  Corpus corpus;
  if (settings.data.empty()) {
    read_builtin(settings, seed, corpus);
  } else {
    corpus.train = read_data(settings, chooses, corpus);
    if (settings.valid.empty()) {
      settings.running ? hold_out_end(settings.held_out, corpus)
                       : hold_out_sentences(settings.held_out, corpus);
    }
  }
  std::string description;
  if (!settings.valid.empty()) {
    corpus.held_out = read_one(settings.valid, settings, corpus.tokens, description);
    corpus.description += "\nheld out: " + description;
  }
  if (!settings.test.empty()) {
    corpus.test = read_one(settings.test, settings, corpus.tokens, description);
    corpus.description += "\ntest: " + description;
  }
  return corpus;
}

}  // namespace

Tokens choose_tokens(text::TextStream& text) {
  return lacks_blanks(text.beginning(kLookedAt)) ? Tokens::character : Tokens::word;
}

Corpus read_corpus(const TextSettings& settings, std::uint64_t seed) {
  TextSettings same = settings;
  return read_corpus(same, seed, false);
}

Corpus read_new_corpus(TextSettings& settings, std::uint64_t seed) {
  return read_corpus(settings, seed, true);
}

Corpus read_evaluation(const TextSettings& settings, std::uint64_t seed, const std::string& data) {
  Corpus corpus;
  if (!data.empty()) {
    refuse_ids(data);
    corpus.held_out = read_one(data, settings, corpus.tokens, corpus.description);
    return corpus;
  }
  const std::int64_t comments =
      std::max<std::int64_t>(std::min(settings.comments, kMostTested) / 10, 1);
  hold_out_builtin(comments, seed, settings, corpus);
  corpus.description = describe_builtin(comments, corpus.held_out, settings);
  set_source_entropy(corpus, settings);
  return corpus;
}

EncodedText encode_text(const TextSettings& settings, const Vocabulary& vocabulary,
                        std::string_view text) {
  TokenTable table;
  TextReader reader(settings, table);
  reader.add_as_one(text);
  const SentenceList numbers = reader.take();
  const SentenceList ids = vocabulary.encode(table, numbers);
  // A piece of a word has its spelling from the vocabulary; a word that is unknown has it not.
  const bool in_pieces = settings.tokens == Tokens::bpe;
  EncodedText encoded{Ids(ids.at(0).begin(), ids.at(0).end()), {}};
  for (std::size_t i = 1; i + 1 < encoded.ids.size(); ++i) {
    encoded.tokens.emplace_back(in_pieces ? std::string_view(vocabulary.word(encoded.ids[i]))
                                          : table.token(numbers[0][i]));
  }
  return encoded;
}

Vocabulary vocabulary_of(const Corpus& corpus, const TextSettings& text) {
  const int size = text.vocabulary > 0 ? text.vocabulary : kMostWords;
  const auto build = [&](std::int64_t min_count) {
    return Vocabulary::build(corpus.tokens, corpus.train, {text.units(), size, min_count});
  };
  if (text.tokens == Tokens::character && text.running) {
    VocabularyOptions options{text.units(), std::numeric_limits<int>::max()};
    options.whole_table = true;
    return Vocabulary::build(corpus.tokens, corpus.train, options);
  }
  Vocabulary vocabulary = build(std::max<std::int64_t>(text.min_count, 1));
  const VocabularyCounts& counts = vocabulary.counts();
  const bool built_in = text.data.empty();  // a language of which all words are known
  if (built_in || text.min_count > 0 || vocabulary.unknown() == Vocabulary::kNone ||
      counts.words < kWordsToSpare || counts.unknown >= counts.words / kEnoughUnknown) {
    return vocabulary;
  }
  return build(2);
}

void encode(Corpus& corpus, const Vocabulary& vocabulary) {
  for (SentenceList* const set : {&corpus.train, &corpus.held_out, &corpus.test}) {
    *set = vocabulary.encode(corpus.tokens, *set);
  }
  corpus.tokens = {};
}

void keep_first(SentenceList& sentences, const TextSettings& settings) {
  if (settings.limit > 0) sentences = sentences.first(static_cast<std::size_t>(settings.limit));
}

std::string fingerprint(const SentenceList& sentences) {
  constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15U;  // each sentence counts in its place
  std::uint64_t hash = 0;
  for (std::size_t i = 0; i < sentences.size(); ++i) {
    std::uint64_t of_sentence = unroll::hash_name("");
    sentences.for_each_piece(i, [&](std::span<const std::int32_t> ids) {
      of_sentence = continue_hash(of_sentence, std::as_bytes(ids));
    });
    hash = hash * kOdd + of_sentence;
  }
  return fmt::format("{:016x}", hash);
}

}  // namespace wordlm
