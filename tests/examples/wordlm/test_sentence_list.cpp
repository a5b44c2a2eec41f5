// Sentences of ids in memory and in files: the same, whatever fits into memory.
#include "wordlm/sentence_list.h"

#include <doctest/doctest.h>
#include <unroll/core/error.h>
#include <unroll/core/random.h>

#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

#include "text_files.h"
#include "vocabularies.h"

namespace wordlm {
namespace {

std::vector<Ids> random_sentences(std::size_t count) {
  unroll::Random random(3);
  std::vector<Ids> sentences;
  for (std::size_t i = 0; i < count; ++i) {
    Ids& ids = sentences.emplace_back(static_cast<std::size_t>(random.below(20)) + 2);
    for (std::int32_t& id : ids) id = static_cast<std::int32_t>(random.below(1000));
  }
  return sentences;
}

SentenceList written(const std::vector<Ids>& sentences, const std::string& beside,
                     std::size_t in_memory) {
  SentenceWriter writer(beside, in_memory);
  for (const Ids& ids : sentences) {
    writer.add(ids);
    writer.end_sentence();
  }
  CHECK(writer.size() == sentences.size());
  SentenceList list = writer.finish();
  CHECK(writer.total() == 0);
  return list;
}

TEST_CASE("sentences: a list in a file is the list in memory") {
  const Folder folder;
  for (const std::size_t count : {0U, 1U, 2U, 1000U}) {
    const std::vector<Ids> sentences = random_sentences(count);
    for (const std::size_t in_memory : {1U, 8U, 100U, 4096U, 1U << 30U}) {
      CAPTURE(count);
      CAPTURE(in_memory);
      const SentenceList list = written(sentences, folder.file("text"), in_memory);
      CHECK(vectors_of(list) == sentences);
      CHECK(list == SentenceList(sentences));
      Ids row;
      list.for_each_piece([&](std::span<const std::int32_t> ids) {
        row.insert(row.end(), ids.begin(), ids.end());
      });
      CHECK(row.size() == list.total());
      CHECK(list.words() == std::ssize(row) - std::ssize(sentences));
      for (std::size_t i = 0; i < count; ++i) REQUIRE(list.length(i) == std::ssize(sentences[i]));
      CHECK_THROWS_AS((void)list.at(count), std::out_of_range);
      CHECK(folder.entries() == 0);  // temporary files have no names
    }
  }
}

TEST_CASE("sentences: some of a list outlive it") {
  const Folder folder;
  const std::vector<Ids> sentences = random_sentences(100);
  for (const std::size_t in_memory : {8U, 1U << 30U}) {
    SentenceList few;
    SentenceList part;
    {
      const SentenceList list = written(sentences, folder.file("text"), in_memory);
      few = list.first(7);
      part = list.part(1, 3);
      CHECK(list.first(1000) == list);
      CHECK(list.first(0).empty());
      CHECK(list.first(0).total() == 0);
    }
    CHECK(vectors_of(few) == std::vector<Ids>(sentences.begin(), sentences.begin() + 7));
    CHECK(few.words() == static_cast<std::int64_t>(few.total()) - 7);
    Ids row = sentences[0];
    row.insert(row.end(), sentences[1].begin(), sentences[1].end());
    CHECK(vectors_of(part) == std::vector<Ids>{{row[1], row[2]}});
    CHECK(part.length(0) == 2);
    CHECK(part.words() == 1);
  }
}

TEST_CASE("sentences: much more is read than is in memory") {
  // Read often enough that memory is given back in between, at random places and in a row.
  const Folder folder;
  const std::vector<Ids> sentences = random_sentences(5000);
  const SentenceList list = written(sentences, folder.file("text"), 8);
  unroll::Random random(4);
  for (int i = 0; i < 20000; ++i) {
    const auto number = static_cast<std::size_t>(random.below(5000));
    REQUIRE(std::ranges::equal(list[number], sentences[number]));
  }
}

TEST_CASE("sentences: a folder that takes no temporary file is named") {
  const char* const before = std::getenv("TMPDIR");
  const std::string old = before == nullptr ? "" : before;
  ::setenv("TMPDIR", "/nowhere", 1);
  CHECK_THROWS_WITH_AS(
      (void)written(random_sentences(3), "", 8),
      "/nowhere: a text larger than memory needs a temporary file here, which cannot be written "
      "(No such file or directory); TMPDIR names another folder",
      unroll::IoError);
  before == nullptr ? ::unsetenv("TMPDIR") : ::setenv("TMPDIR", old.c_str(), 1);
}

}  // namespace
}  // namespace wordlm
