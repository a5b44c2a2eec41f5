// Sentences of ids in memory and in files: the same, whatever fits into memory.
#include "wordlm/sentence_list.h"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <unistd.h>
#include <unroll/core/error.h>
#include <unroll/core/random.h>

#include <cstdlib>
#include <fstream>
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
  SentenceWriter writer({beside, in_memory});
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

/// While it lives, TMPDIR names a folder that is not there.
class NoTemporaryFiles {
 public:
  NoTemporaryFiles() {
    if (const char* const before = std::getenv("TMPDIR")) before_ = before;
    ::setenv("TMPDIR", "/nowhere", 1);
  }
  ~NoTemporaryFiles() {
    before_.empty() ? ::unsetenv("TMPDIR") : ::setenv("TMPDIR", before_.c_str(), 1);
  }
  NoTemporaryFiles(const NoTemporaryFiles&) = delete;
  NoTemporaryFiles& operator=(const NoTemporaryFiles&) = delete;

 private:
  std::string before_;
};

TEST_CASE("sentences: all of a list is in memory where no temporary file can be made") {
  const NoTemporaryFiles none;
  const std::vector<Ids> sentences = random_sentences(1000);
  const SentenceList list = written(sentences, "", 8);
  CHECK(vectors_of(list) == sentences);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // which end the program

/// While it lives, the process gets so many bytes more of memory than it has.
class LittleMemory {
 public:
  explicit LittleMemory(rlim_t more) {
    rlim_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    REQUIRE(::getrlimit(RLIMIT_AS, &before_) == 0);
    const rlimit less{pages * static_cast<rlim_t>(::sysconf(_SC_PAGESIZE)) + more,
                      before_.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_AS, &less) == 0);
  }
  ~LittleMemory() { ::setrlimit(RLIMIT_AS, &before_); }
  LittleMemory(const LittleMemory&) = delete;
  LittleMemory& operator=(const LittleMemory&) = delete;

 private:
  rlimit before_{};
};

constexpr rlim_t kMegabyte = rlim_t{1} << 20U;

TEST_CASE("sentences: a list that memory does not suffice for is in a file") {
  const Folder folder;
  const LittleMemory little(170 * kMegabyte);
  SentenceWriter writer({folder.file("text"), std::size_t{1} << 30U});
  constexpr std::int32_t kIds = 18'000'000;  // 72 MB, whose buffer would grow from 64 MB to 128
  for (std::int32_t i = 0; i < kIds; ++i) writer.add(i);
  writer.end_sentence();
  const SentenceList list = writer.finish();
  std::int32_t wrong = 0;
  std::int32_t next = 0;
  list.for_each_piece([&](std::span<const std::int32_t> ids) {
    for (const std::int32_t id : ids) wrong += id != next++ ? 1 : 0;
  });
  CHECK(next == kIds);
  CHECK(wrong == 0);
}

TEST_CASE("sentences: a list that fits neither into memory nor into a file says why") {
  const NoTemporaryFiles none;
  const LittleMemory little(64 * kMegabyte);
  const auto write = [] {
    Spool<std::int32_t> spool({"", 8});
    for (std::int32_t i = 0; i < 30'000'000; ++i) spool.add(i);
  };
  CHECK_THROWS_WITH_AS(
      write(),
      "a text does not fit into memory; /nowhere: a text larger than memory needs a temporary file "
      "here, which cannot be written (No such file or directory); TMPDIR names another folder",
      unroll::IoError);
}

#endif

}  // namespace
}  // namespace wordlm
