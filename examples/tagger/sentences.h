#pragma once
/// Sentences with a tag for each word, and the files they are read from.

#include <cstdint>
#include <string>
#include <vector>

namespace tagger {

struct Sentence {
  std::vector<std::string> words;
  std::vector<std::int32_t> tags;  // their numbers in the corpus
};

struct Corpus {
  std::vector<std::string> tags;
  std::vector<Sentence> sentences;
  std::string description;  // "train.conllu: 2001 sentences of ...", printed by the program

  [[nodiscard]] std::int64_t words() const;
};

/// Reads tagged sentences. A file that ends in
/// - .conllu: CoNLL-U; tagged by the universal part of speech. Words that are written as one
///   (1-2) and words that are not written (1.1) are left out.
/// - .jsonl: {"words": ["An", "apple"], "tags": ["DET", "NOUN"]}, a line each;
/// - anything else: columns between blanks or tabs, as of CoNLL-2000 and CoNLL-2003: a word a line,
///   its tag in the last column; blank lines end sentences, lines of -DOCSTART- are left out.
///
/// Each may be packed by gzip. `tags`: those of a model, where others are an error. Throws
/// unroll::IoError, naming file and line, for what cannot be read so.
[[nodiscard]] Corpus read_corpus(const std::string& path, std::vector<std::string> tags = {});

}  // namespace tagger
