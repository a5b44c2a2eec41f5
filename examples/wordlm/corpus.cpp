#include "wordlm/corpus.h"

#include <unroll/core/error.h>
#include <unroll/core/random.h>

#include <algorithm>

#include "common/numbers.h"
#include "wordlm/builtin_comments.h"
#include "wordlm/comments.h"
#include "wordlm/sentences.h"
#include "wordlm/streams.h"
#include "wordlm/text_format.h"
#include "wordlm/words.h"

namespace wordlm {

using examples::count_of;
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

/// What was odd about the bytes of a file, `File` being Comments or RepairedText.
template <class File>
std::string notes_on_bytes(const File& file) {
  std::string notes;
  if (file.invalid_bytes > 0) {
    notes += fmt::format("\nnote: {} replaced, the first in line {}",
                         count_of(file.invalid_bytes, "invalid UTF-8 sequence"),
                         file.first_invalid_line);
  }
  if (file.nul_bytes > 0) {
    notes += fmt::format("\nnote: {} dropped", count_of(file.nul_bytes, "NUL byte"));
  }
  return notes;
}

std::string notes_on(const Comments& comments) {
  std::string notes = notes_on_bytes(comments);
  if (comments.header_is_comment) {
    notes += "\nnote: the first line reads like a comment, not like a header, and is taken as one";
  }
  if (comments.cut_off_line > 0) {
    notes += fmt::format("\nnote: the record of line {} is cut off by the end of the file",
                         comments.cut_off_line);
  }
  if (comments.dropped > 0) {
    notes += fmt::format("\nnote: {} left out",
                         count_of(comments.dropped, "deleted or removed comment"));
  }
  if (comments.bad_rows > 0) {
    notes += fmt::format("\nnote: {} left out, the first: {}",
                         count_of(comments.bad_rows, "broken row"), comments.first_bad_row);
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

/// The words between white space, as they are; the mark for rare words that prepared texts have is
/// the model's own.
Sentence words_between_blanks(std::string_view line) {
  Sentence words;
  for (Chunk chunk = next_chunk(line); !chunk.empty(); chunk = next_chunk(line, chunk.end())) {
    words.emplace_back(chunk.text == "<unk>" ? Vocabulary::kUnknown : chunk.text);
  }
  return words;
}

Sentence characters_of(std::string_view line) {
  Sentence characters;
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t length = code_point_at(line, at).length;
    characters.emplace_back(line.substr(at, length));
    at += length;
  }
  return characters;
}

/// Calls f for each line of a text, without its end.
template <class F>
void for_each_line(std::string_view text, F&& f) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    f(text.substr(at, end - at));
    at = end + 1;
  }
}

/// The lines of texts as sentences of characters or of words between blanks. Only characters keep
/// lines that are blank.
std::vector<Sentence> lines_of(std::span<const std::string> texts, Reading reading) {
  const bool characters = reading == Reading::characters;
  std::vector<Sentence> lines;
  for (const std::string& text : texts) {
    for_each_line(text, [&](std::string_view line) {
      Sentence sentence = characters ? characters_of(line) : words_between_blanks(line);
      if (characters || !sentence.empty()) lines.push_back(std::move(sentence));
    });
  }
  return lines;
}

/// The sentences of a text that is read as it is, a line a sentence.
std::vector<Sentence> read_plain(const std::string& path, Reading reading,
                                 std::string& description) {
  const RepairedText file = read_text(path);
  std::vector<Sentence> sentences = lines_of(std::span(&file.text, 1), reading);
  if (sentences.empty()) unroll::fail<unroll::IoError>("{}: holds no words", path);
  std::int64_t words = 0;
  for (const Sentence& sentence : sentences) words += std::ssize(sentence) + 1;
  description = fmt::format(
      "{}: {}, {} and ends of lines{}", path, count_of(std::ssize(sentences), "line"),
      count_of(words, reading == Reading::characters ? "character" : "word"), notes_on_bytes(file));
  return sentences;
}

std::vector<Sentence> read_from_comments(const std::string& path, const TextSettings& settings,
                                         const std::string& format, std::string& description) {
  const std::string& delimiter = settings.delimiter;
  const Comments comments = read_comments(path, {format, settings.column,
                                                 delimiter.empty()    ? '\0'
                                                 : delimiter == "tab" ? '\t'
                                                                      : delimiter[0],
                                                 settings.skip_bad_rows});
  const std::string read =
      fmt::format("{}: {}{}", path, count_of(std::ssize(comments.texts), "comment"),
                  !comments.column.empty() ? fmt::format(" in column '{}'", comments.column) : "");
  if (settings.reading == Reading::characters || settings.is_prepared()) {
    std::vector<Sentence> lines = lines_of(comments.texts, settings.reading);
    description =
        fmt::format("{}, {}{}", read, count_of(std::ssize(lines), "line"), notes_on(comments));
    return lines;
  }
  std::vector<Sentence> sentences = sentences_of(comments);
  std::erase_if(sentences, [](const Sentence& sentence) { return sentence.empty(); });
  if (sentences.empty()) {
    unroll::fail<unroll::IoError>("{}: no sentence in {}", path,
                                  count_of(std::ssize(comments.texts), "comment"));
  }
  const std::size_t cut = settings.is_running() ? 0 : cut_long(sentences);
  description = fmt::format("{}, {}{}", read, count_of(std::ssize(sentences), "sentence"),
                            notes_on(comments));
  if (cut > 0) {
    description += fmt::format("\nnote: sentences of more than {} words, cut into pieces: {}",
                               kLongestSentence, cut);
  }
  return sentences;
}

/// The sentences of a file; `description` gets what was read.
std::vector<Sentence> read_sentences(const std::string& path, const TextSettings& settings,
                                     const std::string& format, std::string& description) {
  return settings.is_running() && format == "text"
             ? read_plain(path, settings.reading, description)
             : read_from_comments(path, settings, format, description);
}

/// Built-in comments as the settings read them.
std::vector<Sentence> builtin(std::int64_t comments, std::uint64_t seed,
                              const TextSettings& settings) {
  return settings.reading == Reading::characters
             ? lines_of(builtin_comments(comments, seed), settings.reading)
             : builtin_sentences(comments, seed);
}

std::string describe_builtin(std::int64_t comments, const std::vector<Sentence>& sentences,
                             const TextSettings& settings) {
  const bool characters = settings.reading == Reading::characters;
  return fmt::format("built-in comments: {}, {}", count_of(comments, "comment"),
                     count_of(std::ssize(sentences), characters ? "line" : "sentence"));
}

/// Fills in the entropies of built-in sentences; the entropy of characters is not known.
void set_entropies(Corpus& corpus, const TextSettings& settings) {
  if (settings.reading == Reading::characters) return;
  if (!corpus.held_out_words.empty()) corpus.held_out_entropy = entropy_of(corpus.held_out_words);
  corpus.source_entropy = builtin_grammar().entropy_per_word();
}

void read_builtin(const Settings& settings, Corpus& corpus) {
  const TextSettings& text = settings.text;
  corpus.train_words = builtin(text.comments, settings.seed, text);
  const auto held_out = static_cast<std::int64_t>(
      static_cast<double>(std::min(text.comments, kMostTested)) * text.held_out);
  if (text.valid.empty()) corpus.held_out_words = builtin(held_out, settings.seed + 1, text);
  corpus.description = describe_builtin(text.comments, corpus.train_words, text);
  if (corpus.train_words.empty()) {
    unroll::fail<unroll::Error>("no built-in comments were asked for");
  }
  set_entropies(corpus, text);
}

/// Divides sentences into those to train on and those held out. For 0.1 every tenth is held out, so
/// that both are alike whatever the file's order.
void hold_out_sentences(std::vector<Sentence> sentences, double part, Corpus& corpus) {
  const auto part_of = [&](std::size_t count) {
    return static_cast<std::size_t>(static_cast<double>(count) * part);
  };
  for (std::size_t i = 0; i < sentences.size(); ++i) {
    const bool held_out = part_of(i + 1) > part_of(i);
    (held_out ? corpus.held_out_words : corpus.train_words).push_back(std::move(sentences[i]));
  }
}

/// Running text is not torn apart: the last tenth of its words, ends of lines among them, is held
/// out, within a line if need be.
void hold_out_end(std::vector<Sentence> lines, double part, Corpus& corpus) {
  std::size_t words = 0;
  for (const Sentence& line : lines) words += line.size() + 1;
  std::size_t to_train = words - static_cast<std::size_t>(static_cast<double>(words) * part);
  for (Sentence& line : lines) {
    const std::size_t size = line.size() + 1;
    if (to_train == 0) {
      corpus.held_out_words.push_back(std::move(line));
    } else if (to_train >= size) {
      to_train -= size;
      corpus.train_words.push_back(std::move(line));
    } else {
      const auto cut = line.begin() + static_cast<std::ptrdiff_t>(to_train);
      corpus.train_words.emplace_back(line.begin(), cut);
      corpus.held_out_words.emplace_back(cut, line.end());
      corpus.parted_in_line = true;
      to_train = 0;
    }
  }
}

void hold_out(std::vector<Sentence> sentences, const TextSettings& settings, Corpus& corpus) {
  if (settings.is_running()) {
    hold_out_end(std::move(sentences), settings.held_out, corpus);
  } else {
    hold_out_sentences(std::move(sentences), settings.held_out, corpus);
  }
}

}  // namespace

Corpus read_corpus(const Settings& settings) {
  const TextSettings& text = settings.text;
  Corpus corpus;
  if (text.data.empty()) {
    read_builtin(settings, corpus);
  } else if (text.valid.empty()) {
    hold_out(read_sentences(text.data, text, text.format, corpus.description), text, corpus);
  } else {
    corpus.train_words = read_sentences(text.data, text, text.format, corpus.description);
  }
  std::string description;
  if (!text.valid.empty()) {
    const std::string format = format_to_measure(text, "", text.valid);
    corpus.held_out_words = read_sentences(text.valid, text, format, description);
    corpus.description += "\nheld out: " + description;
  }
  if (!text.test.empty()) {
    const std::string format = format_to_measure(text, "", text.test);
    corpus.test_words = read_sentences(text.test, text, format, description);
    corpus.description += "\ntest: " + description;
  }
  return corpus;
}

Corpus read_evaluation(const Settings& settings, const std::string& data,
                       const std::string& format) {
  const TextSettings& text = settings.text;
  Corpus corpus;
  if (!data.empty()) {
    corpus.held_out_words =
        read_sentences(data, text, format_to_measure(text, format, data), corpus.description);
    return corpus;
  }
  const std::int64_t comments =
      std::max<std::int64_t>(std::min(text.comments, kMostTested) / 10, 1);
  corpus.held_out_words = builtin(comments, settings.seed, text);
  corpus.description = describe_builtin(comments, corpus.held_out_words, text);
  set_entropies(corpus, text);
  return corpus;
}

Sentence words_of(const Settings& settings, const std::string& text) {
  const TextSettings& s = settings.text;
  if (s.reading == Reading::characters) return characters_of(text);
  if (s.is_prepared()) return words_between_blanks(text);
  Comments comment;
  comment.texts.push_back(text);
  Sentence words;
  for (const Sentence& part : sentences_of(comment)) {
    words.insert(words.end(), part.begin(), part.end());
  }
  return words;
}

std::vector<Ids> encode_all(const std::vector<Sentence>& sentences, const Vocabulary& vocabulary) {
  std::vector<Ids> ids;
  ids.reserve(sentences.size());
  for (const Sentence& sentence : sentences) ids.push_back(vocabulary.encode(sentence));
  return ids;
}

Sets encode_sets(const Corpus& corpus, const Vocabulary& vocabulary, const TextSettings& settings) {
  Sets sets{encode_all(corpus.train_words, vocabulary),
            encode_all(corpus.held_out_words, vocabulary),
            encode_all(corpus.test_words, vocabulary)};
  if (!settings.is_running()) return sets;
  for (std::vector<Ids>* const set : {&sets.train, &sets.held_out, &sets.test}) {
    if (!set->empty()) *set = {running_text(*set)};
  }
  if (corpus.parted_in_line) {
    sets.train[0].pop_back();  // the end of a line that goes on
    sets.held_out[0].front() = sets.train[0].back();
  }
  return sets;
}

void keep_first(std::vector<Ids>& sentences, const TextSettings& settings) {
  const auto limit = static_cast<std::size_t>(settings.limit);
  if (limit > 0 && limit < sentences.size()) sentences.resize(limit);
}

std::string fingerprint(const std::vector<Ids>& sentences) {
  std::string bytes;
  for (const Ids& ids : sentences) {
    bytes.append(reinterpret_cast<const char*>(ids.data()), ids.size() * sizeof(ids[0]));
  }
  return fmt::format("{:016x}", unroll::hash_name(bytes));
}

}  // namespace wordlm
