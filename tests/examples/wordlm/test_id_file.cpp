// Files of ids are read as they were written, or refused with an error that says why.
#include "wordlm/id_file.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unroll/core/error.h>
#include <unroll/core/files.h>
#include <xxhash.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

#include "common/interrupt.h"
#include "text_files.h"
#include "vocabularies.h"

namespace wordlm {
namespace {

using unroll::read_file;
using unroll::write_file;

IdFile small_file(const std::vector<Ids>& train) {
  VocabularyCounts counts;
  counts.sentences = 2;
  counts.words = 5;
  counts.rarest_word = "é";
  return {"lines",
          {{123, 456, 789, "abc"}},
          "two\nlines",
          "vocabulary 5",
          Vocabulary({"SENTENCE_START", "SENTENCE_END", "UNKNOWN_TOKEN", "a", "é"}, {}, counts),
          train,
          {{0, 4, 1}}};
}

std::string fault(const std::string& path) {
  try {
    (void)read_id_file(path);
    return "";
  } catch (const unroll::IoError& error) {
    return error.what();
  }
}

TEST_CASE("ids: a file is read as it was written") {
  const Folder folder;
  const std::string path = folder.file("ids");
  const std::vector<Ids> train = {{0, 3, 3, 1}, {0, 1}, {0, 2, 4, 3, 1}};
  write_id_file(path, small_file(train));
  CHECK(is_id_file(path));
  const IdFile file = read_id_file(path);
  CHECK(file.reading == "lines");
  REQUIRE(file.files.size() == 1);
  CHECK(file.files[0].size == 123);
  CHECK(file.files[0].modified == 456);
  CHECK(file.files[0].changed == 789);
  CHECK(file.files[0].checksum == "abc");
  CHECK(file.description == "two\nlines");
  CHECK(file.made_by == "vocabulary 5");
  CHECK(file.words->words() == small_file(train).words->words());
  CHECK(file.words->counts().words == 5);
  CHECK(file.words->counts().rarest_word == "é");
  CHECK(vectors_of(file.train) == train);
  CHECK(vectors_of(file.held_out) == std::vector<Ids>{{0, 4, 1}});
  CHECK(folder.entries() == 1);
}

TEST_CASE("ids: a file that is changed while it is in use is noticed") {
  const Folder folder;
  const std::string path = folder.file("ids");
  const auto changed = [&](auto&& change) {
    write_id_file(path, small_file({{0, 3, 1}, {0, 4, 1}}));
    const IdFile file = read_id_file(path);
    const SentenceList copy = file.train.first(1);
    CHECK_NOTHROW(copy.require_unchanged());
    change();
    try {
      copy.require_unchanged();
      return std::string();
    } catch (const unroll::IoError& error) {
      return std::string(error.what());
    }
  };
  const std::string said = path + ": was changed by another program while it was in use";
  CHECK(changed([&] { std::filesystem::resize_file(path, 50); }) == said);
  CHECK(changed([&] { std::ofstream(path, std::ios::app) << "more"; }) == said);
  CHECK(changed([&] {
          using namespace std::chrono_literals;
          std::filesystem::last_write_time(path, std::filesystem::last_write_time(path) - 1h);
        }) == said);
  // A file of the same name is another one.
  CHECK(changed([&] { write_id_file(path, small_file({{0, 1}})); }).empty());
  CHECK(changed([&] { std::filesystem::remove(path); }).empty());
}

TEST_CASE("ids: an interruption leaves an older file as it was and nothing else") {
  const Folder folder;
  const std::string path = folder.file("ids");
  write_id_file(path, small_file({{0, 3, 1}}));
  const std::string before = read_file(path);
  examples::interrupted = true;
  CHECK_THROWS_AS(write_id_file(path, small_file({{0, 4, 1}})), examples::Interrupted);
  CHECK_THROWS_AS((void)read_id_file(path), examples::Interrupted);
  CHECK_THROWS_AS((void)checksum_of_file(path), examples::Interrupted);
  examples::interrupted = false;
  CHECK(read_file(path) == before);
  CHECK(folder.entries() == 1);
}

TEST_CASE("ids: any byte that is not as it was written is noticed") {
  const Folder folder;
  const std::string path = folder.file("ids");
  write_id_file(path, small_file({{0, 3, 1}, {0, 4, 1}}));
  const std::string good = read_file(path);
  REQUIRE(fault(path).empty());
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const char flip : {'\x01', '\x80'}) {
      std::string bad = good;
      bad[i] = static_cast<char>(bad[i] ^ flip);
      write_file(path, bad);
      CAPTURE(i);
      REQUIRE_FALSE(fault(path).empty());
    }
  }
  for (std::size_t size = 0; size < good.size(); ++size) {
    write_file(path, good.substr(0, size));
    CAPTURE(size);
    REQUIRE_FALSE(fault(path).empty());
  }
  write_file(path, good + good);
  CHECK(fault(path) == path + ": it is damaged");
  write_file(path, good + '\0');
  CHECK(fault(path) == path + ": it is cut off");
}

TEST_CASE("ids: what is no file of ids is not taken for one") {
  const Folder folder;
  const std::string path = folder.file("ids");
  CHECK(fault(path) == path + ": it cannot be opened (No such file or directory)");
  CHECK_FALSE(is_id_file(path));
  CHECK(fault(folder.path()) == folder.path() + ": it is no plain file");
  CHECK_FALSE(is_id_file(folder.path()));
  for (const std::string& text : {std::string(), std::string("1 2 3\n"), std::string(1000, 'x')}) {
    write_file(path, text);
    CHECK_FALSE(is_id_file(path));
    CHECK(fault(path) == path + ": it is no file of ids of this version");
  }
}

TEST_CASE("ids: a whole file of ids that are none is refused") {
  const Folder folder;
  const std::string path = folder.file("ids");
  const auto fault_of = [&](const std::vector<Ids>& train) {
    write_id_file(path, small_file(train));
    return fault(path);
  };
  CHECK(fault_of({{0, 5, 1}}) == path + ": an id is none of the vocabulary's");
  CHECK(fault_of({{0, -1, 1}}) == path + ": an id is none of the vocabulary's");
  CHECK(fault_of({{0, 3, 1}, {0}}) == path + ": a sentence has no words");
  CHECK(fault_of({}) == path + ": it has no text to train on");
  CHECK(fault_of({{0, 3, 1}}).empty());
}

TEST_CASE("ids: a description with a number that is no whole one is refused") {
  const Folder folder;
  const std::string path = folder.file("ids");
  write_id_file(path, small_file({{0, 3, 1}}));
  std::string bytes = read_file(path);
  const std::size_t size = bytes.find("\"size\":123");
  REQUIRE(size != std::string::npos);
  bytes.replace(size, 10, "\"size\":1e9");
  // The checksum stands before the last eight bytes and is of all bytes before itself.
  const std::size_t end = bytes.size() - 2 * sizeof(std::uint64_t);
  const std::uint64_t checksum = XXH3_64bits(bytes.data(), end);
  bytes.replace(end, sizeof(checksum), reinterpret_cast<const char*>(&checksum), sizeof(checksum));
  write_file(path, bytes);
  CHECK(fault(path) == path + ": its description has a number with a fraction or an exponent");
}

TEST_CASE("ids: a file that cannot be written leaves the older one") {
  const Folder folder;
  CHECK_THROWS_AS(write_id_file(folder.path(), small_file({{0, 3, 1}})), unroll::IoError);
  CHECK_THROWS_AS(write_id_file("/nowhere/ids", small_file({{0, 3, 1}})), unroll::IoError);
  CHECK(folder.entries() == 0);
}

TEST_CASE("ids: a pipe is no file of ids and is not opened to see that") {
  const Folder folder;
  const std::string path = folder.file("pipe");
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  CHECK_FALSE(is_id_file(path));
  CHECK(fault(path) == path + ": it is no plain file");
}

TEST_CASE("ids: the times of a file that was just changed when it was looked at are not believed") {
  constexpr std::int64_t kSecond = 1'000'000'000;
  const auto seen = [](std::int64_t modified, std::int64_t changed) {
    SourceFile file{5, modified * kSecond, changed * kSecond, "abc"};
    distrust_recent_times(file, 100 * kSecond);
    CHECK(file.size == 5);
    CHECK(file.checksum == "abc");
    return std::pair(file.modified / kSecond, file.changed / kSecond);
  };
  CHECK(seen(50, 97) == std::pair<std::int64_t, std::int64_t>(50, 97));
  CHECK(seen(98, 98) == std::pair<std::int64_t, std::int64_t>(98, 98));
  CHECK(seen(50, 99) == std::pair<std::int64_t, std::int64_t>(0, 0));
  CHECK(seen(99, 50) == std::pair<std::int64_t, std::int64_t>(0, 0));
  CHECK(seen(200, 50) == std::pair<std::int64_t, std::int64_t>(0, 0));  // of a clock that is ahead
}

TEST_CASE("ids: the checksum of a file is that of its bytes") {
  const Folder folder;
  const std::string path = folder.file("text");
  write_file(path, std::string(3'000'000, 'a'));
  const std::string checksum = checksum_of_file(path);
  CHECK(checksum.size() == 16);
  write_file(folder.file("other"), std::string(2'999'999, 'a') + 'b');
  CHECK(checksum_of_file(folder.file("other")) != checksum);
  write_file(folder.file("other"), std::string(3'000'000, 'a'));
  CHECK(checksum_of_file(folder.file("other")) == checksum);
  CHECK(source_file(path).size == 3'000'000);
  CHECK_THROWS_WITH_AS(
      (void)source_file(folder.file("none")),
      (folder.file("none") + ": cannot be opened: No such file or directory").c_str(),
      unroll::IoError);
}

}  // namespace
}  // namespace wordlm
