#pragma once
/// Vocabularies of sentences, and sentences as their ids, for the tests of `wordlm`.

#include <string>
#include <vector>

#include "text/words.h"
#include "wordlm/vocabulary.h"

namespace wordlm {

using text::Sentence;

inline std::vector<Ids> vectors_of(const SentenceList& sentences) {
  std::vector<Ids> vectors;
  for (const auto ids : sentences) vectors.emplace_back(ids.begin(), ids.end());
  return vectors;
}

/// Sentences as numbers of a table, each between start and end.
inline std::vector<Ids> numbers_of(const std::vector<Sentence>& sentences, TokenTable& tokens) {
  std::vector<Ids> numbers;
  for (const Sentence& sentence : sentences) {
    Ids& ids = numbers.emplace_back(Ids{TokenTable::kStart});
    for (const std::string& word : sentence) ids.push_back(tokens.number(word));
    ids.push_back(TokenTable::kEnd);
  }
  return numbers;
}

inline Vocabulary vocabulary_of(const std::vector<Sentence>& sentences, int size) {
  TokenTable tokens;
  const std::vector<Ids> text = numbers_of(sentences, tokens);
  return Vocabulary::build(tokens, text, {{}, size});
}

inline std::vector<Ids> encode_all(const std::vector<Sentence>& sentences,
                                   const Vocabulary& vocabulary) {
  TokenTable tokens;
  const std::vector<Ids> numbers = numbers_of(sentences, tokens);
  return vectors_of(vocabulary.encode(tokens, numbers));
}

/// Sentences as one text, each end once.
inline Ids running_text(const std::vector<Ids>& sentences) {
  Ids text;
  for (const Ids& ids : sentences) {
    text.insert(text.end(), ids.begin() + (text.empty() ? 0 : 1), ids.end());
  }
  return text;
}

}  // namespace wordlm
