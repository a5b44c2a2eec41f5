#include "wordlm/encoded_corpus.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unroll/core/error.h>
#include <unroll/core/files.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <optional>
#include <utility>

#include "common/interrupt.h"
#include "common/output.h"
#include "text/input.h"
#include "wordlm/id_file.h"
#include "wordlm/text_format.h"

namespace wordlm {
namespace {

/// All that decides how a text is read, as a line.
std::string reading_of(const TextSettings& s) {
  std::vector<std::string> formats;
  for (const std::string& path : s.data) formats.push_back(format_of(path, s, s.format));
  return fmt::format(
      "files {}, running {}, plain {}, keep case {}, column '{}', preferred '{}', delimiter '{}', "
      "skip bad rows {}, held out {}",
      fmt::join(formats, " "), s.running, s.plain, s.keep_case, s.column, s.preferred, s.delimiter,
      s.skip_bad_rows, s.valid.empty() ? s.held_out : 0);
}

/// The options that make a vocabulary.
std::string making_of(const TextSettings& s) {
  return fmt::format("vocabulary {}, min count {}", s.vocabulary, s.min_count);
}

/// The files that the ids of such units depend on: those of the text, and behind them, where every
/// character there is becomes a word of the vocabulary, those it is measured on.
std::vector<std::string> files_of(const TextSettings& s, Units units) {
  std::vector<std::string> files = s.data;
  if (units.running && units.tokens == Tokens::character) {
    for (const std::string& file : {s.valid, s.test}) {
      if (!file.empty()) files.push_back(file);
    }
  }
  return files;
}

std::vector<SourceFile> look_at(const std::vector<std::string>& paths) {
  std::vector<SourceFile> files;
  for (const std::string& path : paths) files.push_back(source_file(path));
  return files;
}

bool is_untouched(const SourceFile& now, const SourceFile& then) {
  return now.size == then.size && now.modified == then.modified && now.changed == then.changed;
}

/// Whether files hold the bytes that they held; only those that were touched are read.
bool is_same_text(const std::vector<std::string>& paths, const std::vector<SourceFile>& then) {
  if (paths.size() != then.size()) return false;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const SourceFile now = source_file(paths[i]);
    if (is_untouched(now, then[i])) continue;
    if (now.size != then[i].size || checksum_of_file(paths[i]) != then[i].checksum) return false;
  }
  return true;
}

/// A file that was changed so recently that the clock of its folder may not tell the next change
/// from that one: its bytes decide.
void distrust_recent_times(std::vector<SourceFile>& files) {
  using namespace std::chrono;
  constexpr std::int64_t kCoarse = 2'000'000'000;  // nanoseconds, of the coarsest file systems
  const std::int64_t now =
      duration_cast<nanoseconds>(system_clock::now().time_since_epoch()).count();
  for (SourceFile& file : files) {
    if (std::max(file.modified, file.changed) > now - kCoarse) file.modified = file.changed = 0;
  }
}

/// The text, the way of reading and the words that a file of ids has to be of.
struct Wanted {
  const TextSettings& settings;
  bool choose_tokens = false;
  const Vocabulary* vocabulary = nullptr;  // of the model; null: one is made
};

/// Why a file holds other ids than those wanted; empty: it does not.
std::string difference(const IdFile& file, const Wanted& wanted) {
  const TextSettings& s = wanted.settings;
  const Vocabulary& words = file.words.value();
  if (!is_same_text(files_of(s, words.units()), file.files)) return "the text has changed";
  const bool same_tokens =
      wanted.choose_tokens ? file.tokens_chosen : words.units().tokens == s.tokens;
  if (file.reading != reading_of(s) || !same_tokens) return "the text is read in another way";
  const bool same_words = wanted.vocabulary != nullptr
                              ? words.units() == wanted.vocabulary->units() &&
                                    words.words() == wanted.vocabulary->words()
                              : file.made_by == making_of(s);
  return same_words ? "" : "the vocabulary is another one";
}

/// Reads the file of ids at `path`. Returns nothing where there is no file, `why` being empty, or
/// where the file is damaged or of another text, which `why` says.
std::optional<IdFile> find_ids(const std::string& path, const Wanted& wanted, std::string& why) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return std::nullopt;
  try {
    IdFile file = read_id_file(path);
    why = difference(file, wanted);
    if (why.empty()) return file;
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
EncodedCorpus read_text(TextSettings& settings, std::uint64_t seed, const Wanted& wanted) {
  Corpus corpus =
      wanted.choose_tokens ? read_new_corpus(settings, seed) : read_corpus(settings, seed);
  Vocabulary vocabulary =
      wanted.vocabulary != nullptr ? *wanted.vocabulary : vocabulary_of(corpus, settings);
  encode(corpus, vocabulary);
  return {std::move(corpus), std::move(vocabulary)};
}

/// Writes the file of ids of a text that was read when its files were as `before`.
void keep_ids(const std::string& path, const EncodedCorpus& made, const Wanted& wanted,
              std::vector<SourceFile> before) {
  std::error_code ignored;
  const bool is_empty =
      !std::filesystem::exists(path, ignored) || std::filesystem::is_empty(path, ignored);
  if (!is_empty && !is_id_file(path)) {
    unroll::fail<unroll::IoError>("{}: is no file of ids and is left as it is; --ids names another",
                                  path);
  }
  const std::vector<std::string> paths = files_of(wanted.settings, made.vocabulary.units());
  before.resize(paths.size());
  for (std::size_t i = 0; i < paths.size(); ++i) {
    before[i].checksum = checksum_of_file(paths[i]);
    if (!is_untouched(source_file(paths[i]), before[i])) {
      unroll::fail<unroll::IoError>("{}: was changed while it was read", paths[i]);
    }
  }
  distrust_recent_times(before);
  const Corpus& corpus = made.corpus;
  write_id_file(
      path, {reading_of(wanted.settings), std::move(before), corpus.text_description,
             wanted.choose_tokens, wanted.vocabulary != nullptr ? "" : making_of(wanted.settings),
             made.vocabulary, corpus.train,
             wanted.settings.valid.empty() ? corpus.held_out : SentenceList()});
}

/// The corpus of the file of ids at `path`, which is made where it is not there or another one.
EncodedCorpus find_or_make_file(TextSettings& settings, std::uint64_t seed, const Wanted& wanted,
                                const std::string& path) {
  unroll::remove_remains(path);
  std::string why;
  if (auto file = find_ids(path, wanted, why)) return corpus_of(std::move(*file), path, settings);
  std::vector<SourceFile> before =
      look_at(files_of(settings, {Tokens::character, settings.running}));
  EncodedCorpus made = read_text(settings, seed, wanted);
  std::string& description = made.corpus.description;
  try {
    keep_ids(path, made, wanted, std::move(before));
    description += why.empty() ? fmt::format("\nids: kept in {}", path)
                               : fmt::format("\nnote: {} was made again: {}", path, why);
  } catch (const unroll::IoError& error) {
    description += fmt::format("\nnote: the ids of the text are not kept: {}", error.what());
    return made;
  }
  // The temporary files can go; another run may have replaced the file since.
  if (auto file = find_ids(path, wanted, why)) {
    made.corpus.train = std::move(file->train);
    if (settings.valid.empty()) made.corpus.held_out = std::move(file->held_out);
  }
  return made;
}

EncodedCorpus find_or_make(TextSettings& settings, std::uint64_t seed, const Wanted& wanted,
                           const IdsPlace& place) {
  const std::string path = ids_file_of(settings, place);
  // A signal may end a run that makes no file at once: it leaves nothing behind.
  if (path.empty()) return read_text(settings, seed, wanted);
  try {
    EncodedCorpus found = [&] {
      const examples::InterruptHandler handler;
      return find_or_make_file(settings, seed, wanted, path);
    }();
    examples::stop_if_interrupted();
    return found;
  } catch (const examples::Interrupted&) {
    examples::say("interrupted while the text was read; no unfinished file is left\n");
    throw;
  }
}

}  // namespace

std::string ids_file_of(const TextSettings& settings, const IdsPlace& place) {
  if (settings.data.empty() || place.file == "none") return "";
  const auto passes_by = [](const std::string& path) {  // a pipe, say
    std::error_code ignored;
    return path == text::kStandardInput || std::filesystem::is_other(path, ignored);
  };
  const auto found = std::ranges::find_if(settings.data, passes_by);
  if (found != settings.data.end()) {
    if (place.file.empty()) return "";
    unroll::fail<unroll::Error>("--ids keeps the ids of files; {} cannot be read again",
                                text::name_of_input(*found));
  }
  if (!place.file.empty()) return place.file;
  std::uint64_t size = 0;
  for (const std::string& path : settings.data) {
    std::error_code error;
    const std::uintmax_t bytes = std::filesystem::file_size(path, error);
    if (!error) size += bytes;
  }
  return size < kLargeText ? "" : settings.data[0] + std::string(kIdsEnding);
}

Corpus encoded_corpus(const TextSettings& settings, std::uint64_t seed,
                      const Vocabulary& vocabulary, const IdsPlace& place) {
  TextSettings same = settings;
  return find_or_make(same, seed, {settings, false, &vocabulary}, place).corpus;
}

EncodedCorpus new_encoded_corpus(TextSettings& settings, std::uint64_t seed, bool choose_tokens,
                                 const IdsPlace& place) {
  const TextSettings asked = settings;
  return find_or_make(settings, seed, {asked, choose_tokens}, place);
}

}  // namespace wordlm
