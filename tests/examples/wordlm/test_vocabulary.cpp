#include "wordlm/vocabulary.h"

#include <doctest/doctest.h>
#include <unroll/core/error.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "examples/text/read_comments.h"
#include "text/sentences.h"
#include "text_files.h"
#include "vocabularies.h"

namespace wordlm {
namespace {

using Words = std::vector<std::string>;

const std::vector<Sentence> kSentences = {{"b", "a", "c", "."}, {"a", "d", "."}, {}, {"é", "."}};

TEST_CASE("a vocabulary holds the special words and the most frequent, ties by their bytes") {
  const Vocabulary vocabulary = vocabulary_of(kSentences, 7);
  CHECK(vocabulary.words() ==
        Words{"SENTENCE_START", "SENTENCE_END", "UNKNOWN_TOKEN", ".", "a", "b", "c"});
  CHECK(vocabulary.size() == 7);
  CHECK(vocabulary.counts().sentences == 4);
  CHECK(vocabulary.counts().words == 9);
  CHECK(vocabulary.counts().distinct_words == 6);
  CHECK(vocabulary.counts().rarest_word == "c");
  CHECK(vocabulary.counts().rarest_count == 1);
}

TEST_CASE("a vocabulary may be larger than its text") {
  CHECK(vocabulary_of(kSentences, 8000).size() == 9);
  const Vocabulary empty = vocabulary_of({}, 8000);
  CHECK(empty.size() == 3);
  CHECK(empty.counts().rarest_word.empty());
}

TEST_CASE("vocabulary: words become ids, and ids the same words") {
  const Vocabulary vocabulary = vocabulary_of(kSentences, 5);
  CHECK(vocabulary.id(".") == 3);
  CHECK(vocabulary.id("a") == 4);
  CHECK(vocabulary.id("d") == vocabulary.unknown());
  CHECK(vocabulary.id("SENTENCE_END") == vocabulary.sentence_end());
  CHECK(vocabulary.word(4) == "a");
  CHECK(encode_all({kSentences[0], {}}, vocabulary) ==
        std::vector<Ids>{{0, 2, 4, 2, 3, 1}, {0, 1}});
  CHECK_THROWS_WITH_AS((void)vocabulary.word(5),
                       "vocabulary: there is no word 5; expected an id from 0 to 4",
                       unroll::ValueError);
  CHECK_THROWS_AS((void)vocabulary.word(-1), unroll::ValueError);
}

TEST_CASE("special words in a text are not counted among its words") {
  const std::vector<Sentence> sentences = {{"SENTENCE_END", "SENTENCE_END", "a"}};
  const Vocabulary vocabulary = vocabulary_of(sentences, 10);
  CHECK(vocabulary.words() == Words{"SENTENCE_START", "SENTENCE_END", "UNKNOWN_TOKEN", "a"});
  CHECK(vocabulary.counts().distinct_words == 1);
}

TEST_CASE("a size without room for words is an error") {
  CHECK_THROWS_WITH_AS((void)vocabulary_of(kSentences, 3),
                       "vocabulary: a size of 3 leaves no room for words beside the 3 special "
                       "ones; expected 4 or more",
                       unroll::Error);
  CHECK_THROWS_AS((void)vocabulary_of(kSentences, -1), unroll::Error);
}

TEST_CASE("a saved vocabulary is checked") {
  const Vocabulary built = vocabulary_of(kSentences, 8);
  const Vocabulary restored(built.words());
  CHECK(restored.words() == built.words());
  CHECK(encode_all(kSentences, restored) == encode_all(kSentences, built));
  CHECK(restored.counts().sentences == 0);

  CHECK_THROWS_WITH_AS(Vocabulary({"a"}),
                       "vocabulary: expected SENTENCE_START as word 0, found 'a'", unroll::Error);
  CHECK_THROWS_WITH_AS(Vocabulary({"SENTENCE_START", "SENTENCE_END"}),
                       "vocabulary: expected UNKNOWN_TOKEN as word 2, found the end",
                       unroll::Error);
  CHECK_THROWS_WITH_AS(
      Vocabulary({"SENTENCE_START", "SENTENCE_END", "UNKNOWN_TOKEN", "a", "b", "a"}),
      "vocabulary: 'a' is both word 3 and word 5; expected every word once", unroll::Error);
}

TEST_CASE("a copy of a vocabulary stands alone") {
  auto original = std::make_unique<Vocabulary>(vocabulary_of(kSentences, 8));
  const Vocabulary copy = *original;
  original.reset();
  CHECK(copy.id("a") == 4);
}

TEST_CASE("vocabulary: that of the sample of reddit comments has its known words") {
  const auto path = sample_path();
  if (!path) return;
  const std::vector<Sentence> sentences =
      text::sentences_of(text::read_comments(*path, {"csv", "", "", '\0', false}).texts);
  const Vocabulary all = vocabulary_of(sentences, 8000);
  CHECK(all.size() == all.counts().distinct_words + 3);
  CHECK(all.counts().rarest_count == 1);

  const Vocabulary small = vocabulary_of(sentences, 100);
  CHECK(small.size() == 100);
  CHECK(small.word(3) == ".");
  CHECK(small.word(4) == "the");
  CHECK(small.counts().rarest_count > 1);
}

}  // namespace
}  // namespace wordlm
