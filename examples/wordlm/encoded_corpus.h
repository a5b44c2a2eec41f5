#pragma once
/// A corpus in ids: read from its text, or where that was done before from a file of ids.

#include <cstdint>
#include <string>

#include "wordlm/corpus.h"

namespace wordlm {

/// Where the ids of a text are kept for the next run on it: in a file; "none": nowhere. Where it is
/// empty, beside the first file of a text of kLargeText bytes or more, and of a smaller one
/// nowhere.
struct IdsPlace {
  std::string file;
};

/// Bytes of a text, as it is on the disk, whose ids are kept without being asked for.
inline constexpr std::uint64_t kLargeText = std::uint64_t{64} << 20U;

/// The name of a file of ids beside that of a text.
inline constexpr std::string_view kIdsEnding = ".ids";

/// The file in which the ids of a text are kept; empty: nowhere. Throws unroll::Error where they
/// are asked for and cannot be kept, since the text is read from standard input.
[[nodiscard]] std::string ids_file_of(const TextSettings& settings, const IdsPlace& place);

/// A corpus and the vocabulary whose ids it is in.
struct EncodedCorpus {
  Corpus corpus;
  Vocabulary vocabulary;
};

/// The corpus of a model that is there, in ids of its vocabulary: what read_corpus() and encode()
/// make. A file of ids is taken only where it was made from the same text, read in the same way,
/// with the same words; otherwise it is made again. Where that fails, as on a full disk, the
/// description says so, and the corpus is there all the same. Throws unroll::IoError as
/// read_corpus(). Where there is a file of ids, or will be, Ctrl-C, SIGTERM or a terminal that
/// hangs up make it say so and throw examples::Interrupted, and no unfinished file is left.
[[nodiscard]] Corpus encoded_corpus(const TextSettings& settings, std::uint64_t seed,
                                    const Vocabulary& vocabulary, const IdsPlace& place = {});

/// The same for a model that is not there yet, with the vocabulary that vocabulary_of() makes.
/// `choose_tokens`: the user has not said what the tokens are, see read_new_corpus().
[[nodiscard]] EncodedCorpus new_encoded_corpus(TextSettings& settings, std::uint64_t seed,
                                               bool choose_tokens, const IdsPlace& place = {});

}  // namespace wordlm
