#include "wordlm/encoded_corpus.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unroll/core/error.h>
#include <unroll/core/files.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <optional>
#include <span>
#include <utility>

#include "common/interrupt.h"
#include "common/output.h"
#include "text/input.h"
#include "wordlm/id_file.h"
#include "wordlm/text_reader.h"

namespace wordlm {
namespace {

/// All that decides which sentences of tokens the bytes of a text become, as a line.
std::string reading_of(const TextSettings& s) {
  std::vector<std::string> files;
  for (const std::string& path : s.data) files.push_back(describe_reading(path, s));
  return fmt::format(
      "rules {}, files [{}], running {}, plain {}, keep case {}, skip bad rows {}, held out {}",
      kReadingRules, fmt::join(files, "; "), s.running, s.plain, s.keep_case, s.skip_bad_rows,
      s.valid.empty() ? s.held_out : 0);
}

/// The options that make a vocabulary.
std::string making_of(const TextSettings& s) {
  return fmt::format("vocabulary {}, min count {}", s.vocabulary, s.min_count);
}

/// The files on which the ids depend: those of the text. A vocabulary of the characters of running
/// text may lack none: where it is made, the files to measure on count as well.
std::vector<std::string> files_of(const WantedIds& wanted, Tokens tokens) {
  const TextSettings& s = wanted.settings;
  std::vector<std::string> files = s.data;
  if (wanted.vocabulary == nullptr && s.running && tokens == Tokens::character) {
    for (const std::string& file : {s.valid, s.test}) {
      if (!file.empty()) files.push_back(file);
    }
  }
  return files;
}

/// The tokens of a text that is in files.
Tokens tokens_of(const WantedIds& wanted) {
  if (!wanted.choose_tokens) return wanted.settings.tokens;
  text::TextStream first = text::open_text(wanted.settings.data[0]);
  return choose_tokens(first);
}

/// Whether the bytes of a file are gone when they were read, as those of a pipe.
bool passes_by(const std::string& path) {
  std::error_code ignored;
  return path == text::kStandardInput || std::filesystem::is_other(path, ignored);
}

/// A file on which the ids depend and which cannot be read twice; empty: there is none.
std::string find_pipe(const WantedIds& wanted) {
  const auto first_of = [](const std::vector<std::string>& files) {
    const auto found = std::ranges::find_if(files, passes_by);
    return found == files.end() ? std::string() : *found;
  };
  const std::string pipe = first_of(wanted.settings.data);
  return pipe.empty() ? first_of(files_of(wanted, tokens_of(wanted))) : pipe;
}

/// Files as they were at a time.
struct Look {
  std::vector<SourceFile> files;
  std::int64_t time = 0;  // nanoseconds since 1970
};

Look look_at(const std::vector<std::string>& paths) {
  using namespace std::chrono;
  Look look;
  look.time = duration_cast<nanoseconds>(system_clock::now().time_since_epoch()).count();
  for (const std::string& path : paths) look.files.push_back(source_file(path));
  return look;
}

bool is_untouched(const SourceFile& now, const SourceFile& then) {
  return now.size == then.size && now.modified == then.modified && now.changed == then.changed;
}

/// Whether files have the bytes that they had; only those that were touched are read.
bool are_same(std::span<const std::string> paths, std::span<const SourceFile> then) {
  if (paths.size() != then.size()) return false;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const SourceFile now = source_file(paths[i]);
    if (is_untouched(now, then[i])) continue;
    if (now.size != then[i].size || checksum_of_file(paths[i]) != then[i].checksum) return false;
  }
  return true;
}

/// Why a file holds other ids than those wanted; empty: it holds those.
std::string difference(const IdFile& file, const WantedIds& wanted) {
  const TextSettings& s = wanted.settings;
  const std::span<const SourceFile> files = file.files;
  const std::size_t texts = s.data.size();
  if (files.size() < texts || !are_same(s.data, files.first(texts))) return "the text has changed";
  const Vocabulary& words = file.words.value();
  const Tokens tokens = tokens_of(wanted);
  if (file.reading != reading_of(s) || words.units().tokens != tokens) {
    return "the text is read in another way";
  }
  bool same_words = false;
  if (wanted.vocabulary != nullptr) {
    same_words =
        words.units() == wanted.vocabulary->units() && words.words() == wanted.vocabulary->words();
  } else {
    const std::vector<std::string> paths = files_of(wanted, tokens);
    same_words = file.made_by == making_of(s) &&
                 are_same(std::span(paths).subspan(texts), files.subspan(texts));
  }
  return same_words ? "" : "the vocabulary is another one";
}

/// Reads the file of ids at `path`. Returns nothing where there is none, and where its ids are not
/// those wanted: then `why` says the reason, and which file is meant.
std::optional<IdFile> find_ids(const std::string& path, const WantedIds& wanted, std::string& why) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return std::nullopt;
  try {
    IdFile file = read_id_file(path);
    const std::string other = difference(file, wanted);
    if (other.empty()) return file;
    why = fmt::format("{}: {}", path, other);
  } catch (const unroll::IoError& error) {
    why = error.what();
  }
  return std::nullopt;
}

/// Files that are not part of the text, in the ids of its vocabulary.
void read_others(const TextSettings& settings, const Vocabulary& vocabulary, Corpus& corpus) {
  const auto read = [&](const std::string& path, const char* what, SentenceList& set) {
    if (path.empty()) return;
    Corpus other = read_evaluation(settings, 0, path);
    encode(other, vocabulary);
    set = std::move(other.held_out);
    corpus.description += fmt::format("\n{}: {}", what, other.description);
  };
  read(settings.valid, "held out", corpus.held_out);
  read(settings.test, "test", corpus.test);
}

/// The corpus of a file of ids.
EncodedCorpus corpus_of(IdFile file, const std::string& path, TextSettings& settings) {
  EncodedCorpus made{{}, std::move(file.words.value())};
  Corpus& corpus = made.corpus;
  if (settings.tokens != made.vocabulary.units().tokens) {
    settings.tokens = made.vocabulary.units().tokens;
    corpus.description = fmt::format("{}\n", kCharactersChosen);
  }
  corpus.text_description = std::move(file.description);
  corpus.description += corpus.text_description;
  corpus.train = std::move(file.train);
  corpus.held_out = std::move(file.held_out);
  read_others(settings, made.vocabulary, corpus);
  corpus.description += fmt::format("\nids: read from {}", path);
  return made;
}

/// The corpus of a text that is read.
EncodedCorpus read_text(TextSettings& settings, std::uint64_t seed, const WantedIds& wanted) {
  Corpus corpus =
      wanted.choose_tokens ? read_new_corpus(settings, seed) : read_corpus(settings, seed);
  Vocabulary vocabulary =
      wanted.vocabulary != nullptr ? *wanted.vocabulary : vocabulary_of(corpus, settings);
  encode(corpus, vocabulary);
  return {std::move(corpus), std::move(vocabulary)};
}

/// Throws where a file that is not one of ids would be replaced. An empty file is no loss.
void refuse_other_file(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored) || std::filesystem::is_empty(path, ignored)) return;
  if (is_id_file(path)) return;
  unroll::fail<unroll::IoError>("{}: is no file of ids and is left as it is; --ids names another",
                                path);
}

/// Writes the file of ids of a text. `before`: its files `paths` as they were before it was read.
void keep_ids(const std::string& path, const EncodedCorpus& made, const WantedIds& wanted,
              const std::vector<std::string>& paths, Look before) {
  refuse_other_file(path);
  const TextSettings& s = wanted.settings;
  std::string reading = reading_of(s);
  for (std::size_t i = 0; i < paths.size(); ++i) {
    SourceFile& file = before.files[i];
    file.checksum = checksum_of_file(paths[i]);
    if (!is_untouched(source_file(paths[i]), file)) {
      unroll::fail<unroll::IoError>("{}: was changed while it was read", paths[i]);
    }
    distrust_recent_times(file, before.time);
  }
  const Corpus& corpus = made.corpus;
  write_id_file(path, {std::move(reading), std::move(before.files), corpus.text_description,
                       wanted.vocabulary != nullptr ? "" : making_of(s), made.vocabulary,
                       corpus.train, s.valid.empty() ? corpus.held_out : SentenceList()});
}

/// The corpus of the file of ids at `path`, which is made where it is not there or another one,
/// unless it may only be read.
EncodedCorpus find_or_make_file(TextSettings& settings, std::uint64_t seed, const WantedIds& wanted,
                                const std::string& path, bool read_only) {
  if (!read_only) unroll::remove_remains(path);
  std::string why;
  if (auto file = find_ids(path, wanted, why)) return corpus_of(std::move(*file), path, settings);
  if (read_only) {
    EncodedCorpus made = read_text(settings, seed, wanted);
    if (!why.empty()) {
      made.corpus.description += fmt::format("\nnote: the ids were not used: {}", why);
    }
    return made;
  }
  const std::vector<std::string> paths = files_of(wanted, tokens_of(wanted));
  Look before = look_at(paths);
  EncodedCorpus made = read_text(settings, seed, wanted);
  std::string& description = made.corpus.description;
  try {
    keep_ids(path, made, wanted, paths, std::move(before));
    description += why.empty() ? fmt::format("\nids: kept in {}", path)
                               : fmt::format("\nnote: the ids were made again: {}", why);
  } catch (const unroll::IoError& error) {
    description += fmt::format("\nnote: the ids of the text are not kept: {}", error.what());
    return made;
  }
  // The ids are read from the file, so that the temporary files can go. Another run may have
  // replaced the file since.
  if (auto file = find_ids(path, {settings, &made.vocabulary}, why)) {
    made.corpus.train = std::move(file->train);
    if (settings.valid.empty()) made.corpus.held_out = std::move(file->held_out);
  }
  return made;
}

EncodedCorpus find_or_make(TextSettings& settings, std::uint64_t seed, const WantedIds& wanted,
                           const IdsPlace& place) {
  const std::string path = ids_file_of(wanted, place);
  // A signal may end a run that makes no file at once: it leaves nothing behind.
  if (path.empty()) return read_text(settings, seed, wanted);
  try {
    EncodedCorpus found = [&] {
      const examples::InterruptHandler handler;
      return find_or_make_file(settings, seed, wanted, path, place.read_only);
    }();
    examples::stop_if_interrupted();
    return found;
  } catch (const examples::Interrupted&) {
    examples::say("interrupted while the text was read; no unfinished file is left\n");
    // Where processes train together, this one may be ended while it waits for the others.
    (void)examples::flush_out();
    throw;
  }
}

}  // namespace

std::string ids_file_of(const WantedIds& wanted, const IdsPlace& place) {
  const std::vector<std::string>& data = wanted.settings.data;
  if (place.file == "none") return "";
  if (data.empty()) {
    if (place.file.empty()) return "";
    unroll::fail<unroll::Error>("--ids keeps the ids of files; built-in comments are in none");
  }
  std::uint64_t size = 0;
  for (const std::string& path : data) {
    std::error_code error;
    const std::uintmax_t bytes = std::filesystem::file_size(path, error);
    if (!error) size += bytes;
  }
  if (place.file.empty() && size < kLargeText) return "";
  const std::string pipe = find_pipe(wanted);
  if (pipe.empty()) return place.file.empty() ? data[0] + std::string(kIdsEnding) : place.file;
  if (place.file.empty()) return "";
  unroll::fail<unroll::Error>("--ids keeps the ids of files; {} cannot be read again",
                              text::name_of_input(pipe));
}

void add_ids_file(const IdsPlace& place, std::vector<examples::NamedFile>& inputs,
                  std::vector<examples::NamedFile>& outputs) {
  if (place.file.empty() || place.file == "none") return;
  refuse_other_file(place.file);
  (is_id_file(place.file) ? inputs : outputs).push_back({"--ids", place.file});
}

Corpus encoded_corpus(const TextSettings& settings, std::uint64_t seed,
                      const Vocabulary& vocabulary, const IdsPlace& place) {
  TextSettings same = settings;
  return find_or_make(same, seed, {settings, &vocabulary}, place).corpus;
}

EncodedCorpus new_encoded_corpus(TextSettings& settings, std::uint64_t seed, bool choose_tokens,
                                 const IdsPlace& place) {
  const TextSettings asked = settings;
  return find_or_make(settings, seed, {asked, nullptr, choose_tokens}, place);
}

}  // namespace wordlm
