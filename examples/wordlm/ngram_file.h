#pragma once
/// N-grams in a file, with all it takes to measure them on another text.

#include <unroll/core/safetensors.h>

#include <string>

#include "wordlm/ngram.h"
#include "wordlm/settings.h"
#include "wordlm/vocabulary.h"

namespace wordlm {

/// What `wordlm ngram --save` writes.
struct NgramFile {
  Settings settings;  // of the text and the seed; there is no network
  Vocabulary vocabulary;
  NgramModel model;
  std::string data;                // fingerprint of the sentences that were counted
  std::int64_t unknown_words = 0;  // words of the text that stood for UNKNOWN_TOKEN
};

/// Writes a safetensors file: of each length n the counts ("n.count"), the first words ("n.word")
/// and where the longer ones begin ("n.begin"), see NgramLevel; settings and vocabulary as JSON in
/// its metadata. Whole or not at all. Discounts and weights are computed again in loading: a file
/// cannot hold wrong ones.
void save_ngrams(const std::string& path, const NgramFile& ngrams);

/// Whether a file was written by save_ngrams().
[[nodiscard]] bool holds_ngrams(const unroll::TensorFile& file);

/// Reads one; unroll::IoError, naming the file, for anything that is not one.
[[nodiscard]] NgramFile ngrams_of(const unroll::TensorFile& file, const std::string& path);
[[nodiscard]] NgramFile load_ngrams(const std::string& path);

}  // namespace wordlm
