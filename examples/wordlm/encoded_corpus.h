#pragma once
/// A corpus in ids, made from its text, or read from a file in which an earlier run kept the ids.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/outputs.h"
#include "wordlm/corpus.h"

namespace wordlm {

/// Where the ids of a text are kept for later runs on the same text.
struct IdsPlace {
  /// The file; "none": they are not kept. Where it is empty, the ids of a text of kLargeText bytes
  /// or more are kept beside its first file, and those of a smaller text are not kept.
  std::string file;
  bool read_only = false;  ///< a file of the right ids is read, but none is written
};

/// The size in bytes, on the disk, of the smallest text whose ids are kept without being asked for.
inline constexpr std::uint64_t kLargeText = std::uint64_t{64} << 20U;

/// A file of ids beside a text has the name of the text with this ending.
inline constexpr std::string_view kIdsEnding = ".ids";

/// A text whose ids are wanted, and the vocabulary of these ids.
struct WantedIds {
  const TextSettings& settings;            ///< of the text
  const Vocabulary* vocabulary = nullptr;  ///< of a model; null: one is made of the text
  bool choose_tokens = false;              ///< with null: see read_new_corpus()
};

/// The file in which ids are kept; empty: they are not kept. Throws unroll::Error where a file is
/// named but the ids cannot be kept: they depend on a text that cannot be read a second time, such
/// as standard input, or the text is the built-in comments. Where tokens are chosen, the beginning
/// of the text is read; unroll::IoError where that fails.
[[nodiscard]] std::string ids_file_of(const WantedIds& wanted, const IdsPlace& place);

/// Adds the file that `place` names, if any, to the files that are read, where it is there, or else
/// to those that are written: a file that is there need not be writable. Throws unroll::IoError for
/// a file with other contents than ids, which is never replaced.
void add_ids_file(const IdsPlace& place, std::vector<examples::NamedFile>& inputs,
                  std::vector<examples::NamedFile>& outputs);

/// A corpus and the vocabulary whose ids it is in.
struct EncodedCorpus {
  Corpus corpus;
  Vocabulary vocabulary;
};

/// The corpus of a model, in ids of the model's vocabulary: what read_corpus() and encode() make. A
/// file of ids is used only where it was made from the same text, read in the same way, with the
/// same words; otherwise the text is read, and the file is made again. Where the file cannot be
/// written, as on a full disk, the description of the corpus says so. Throws unroll::IoError as
/// read_corpus() does. Where there is a file of ids, or will be, Ctrl-C, SIGTERM or a terminal that
/// hangs up make it say so and throw examples::Interrupted, and no unfinished file is left.
[[nodiscard]] Corpus encoded_corpus(const TextSettings& settings, std::uint64_t seed,
                                    const Vocabulary& vocabulary, const IdsPlace& place = {});

/// The same for a new model, with the vocabulary that vocabulary_of() makes of the text.
/// `choose_tokens`: the user has not said what the tokens are, see read_new_corpus().
[[nodiscard]] EncodedCorpus new_encoded_corpus(TextSettings& settings, std::uint64_t seed,
                                               bool choose_tokens, const IdsPlace& place = {});

}  // namespace wordlm
