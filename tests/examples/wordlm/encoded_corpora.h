#pragma once
/// Corpora in ids, as `wordlm train` reads them, for tests.

#include <doctest/doctest.h>

#include <fstream>
#include <string>

#include "text_files.h"
#include "wordlm/builtin_comments.h"
#include "wordlm/encoded_corpus.h"
#include "wordlm/text_format.h"

namespace wordlm {

inline bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// Replaces the bytes of a file in place.
inline void put(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

inline std::string lines(int comments, std::uint64_t seed = 1) {
  std::string text;
  for (const std::string& comment : builtin_comments(comments, seed)) text += comment + "\n";
  return text;
}

/// A text, and how it is read.
struct Case {
  std::string name;
  std::string text;
  TextSettings settings;
  bool choose = false;
};

inline void check_same(const EncodedCorpus& a, const EncodedCorpus& b) {
  CHECK(a.corpus.train == b.corpus.train);
  CHECK(a.corpus.held_out == b.corpus.held_out);
  CHECK(a.corpus.test == b.corpus.test);
  CHECK(a.vocabulary.words() == b.vocabulary.words());
  CHECK(a.vocabulary.units() == b.vocabulary.units());
  CHECK(a.vocabulary.counts().words == b.vocabulary.counts().words);
  CHECK(a.vocabulary.counts().unknown == b.vocabulary.counts().unknown);
  CHECK(a.vocabulary.counts().rarest_word == b.vocabulary.counts().rarest_word);
}

/// Reads a new corpus as `wordlm train` does.
inline EncodedCorpus read(const Case& c, const IdsPlace& place) {
  TextSettings settings = c.settings;
  choose_format(settings);
  return new_encoded_corpus(settings, 1, c.choose, place);
}

}  // namespace wordlm
