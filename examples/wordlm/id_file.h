#pragma once
/// A file of ids: a text as a model reads it, kept for the next run. Whatever reads or writes one
/// throws examples::Interrupted where Ctrl-C asks to stop.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "wordlm/sentence_list.h"
#include "wordlm/vocabulary.h"

namespace wordlm {

/// A file that a text came from, as it was when it was read.
struct SourceFile {
  std::int64_t size = 0;      ///< bytes
  std::int64_t modified = 0;  ///< when its bytes were changed, in nanoseconds since 1970
  std::int64_t changed = 0;   ///< the same of its bytes, name or rights, which no program can set
  std::string checksum;       ///< XXH3 of its bytes
};

/// The file at `path` as it is now, its checksum left empty. Throws unroll::IoError where there is
/// none.
[[nodiscard]] SourceFile source_file(const std::string& path);
/// XXH3 of all bytes of a file. Throws unroll::IoError where it cannot be read or is no plain file.
[[nodiscard]] std::string checksum_of_file(const std::string& path);

/// Forgets the times of a file that was changed less than two seconds before it was looked at, at
/// `looked` nanoseconds since 1970: its file system may give a later change the same times. Only
/// its bytes can then tell whether it was changed.
void distrust_recent_times(SourceFile& file, std::int64_t looked);

/// What a file of ids holds.
struct IdFile {
  std::string reading;              ///< how the text was read, in words of its maker
  std::vector<SourceFile> files;    ///< of the text, and behind them others of the vocabulary
  std::string description;          ///< Corpus::text_description
  std::string made_by;              ///< the options that made the vocabulary; empty: it was given
  std::optional<Vocabulary> words;  ///< the vocabulary of the ids, which every file has
  SentenceList train;
  SentenceList held_out;
};

/// Replaces the file at `path`, whole or not at all, and makes it durable. Throws unroll::IoError
/// where it cannot be written; an older file is then left as it was, and nothing of the new one, as
/// after an interruption.
void write_id_file(const std::string& path, const IdFile& file);

/// Whether there is a plain file at `path` that write_id_file() wrote, be it damaged or not.
[[nodiscard]] bool is_id_file(const std::string& path);

/// Maps a file that write_id_file() wrote; little of it is in memory at a time. Every id is one of
/// the vocabulary's. Throws unroll::IoError, naming the file and the reason, for any other file,
/// and where a single byte is not as it was written.
[[nodiscard]] IdFile read_id_file(const std::string& path);

}  // namespace wordlm
