// A corpus from a file of ids is the corpus of its text, and never that of another.
#include "wordlm/encoded_corpus.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unroll/core/files.h>

#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "encoded_corpora.h"
#include "wordlm/id_file.h"
#include "wordlm/text_reader.h"

namespace wordlm {
namespace {

std::string csv(int comments) {
  std::string text = "id,body\n";
  for (const std::string& comment : builtin_comments(comments, 1)) {
    text += fmt::format("1,\"{}\nand more\"\n", comment);
  }
  return text;
}

std::string jsonl(int comments) {
  std::string text;
  for (const std::string& comment : builtin_comments(comments, 1)) {
    text += fmt::format("{{\"body\": \"{}\"}}\n", comment);
  }
  return text;
}

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  const auto add = [&](const std::string& name, const std::string& text, auto&& change) {
    Case made{name, text, {}};
    change(made);
    cases.push_back(std::move(made));
  };
  add("a.csv", csv(40), [](Case&) {});
  add("b.jsonl", jsonl(40), [](Case&) {});
  add("c.txt", lines(40), [](Case& c) { c.choose = true; });
  add("d.txt", lines(40), [](Case& c) { c.settings.running = true; });
  add("e.csv", csv(40), [](Case& c) { c.settings.running = true; });
  add("f.txt", lines(40), [](Case& c) {
    c.settings.running = true;
    c.settings.tokens = Tokens::character;
  });
  add("g.txt", lines(40), [](Case& c) {
    c.settings.running = true;
    c.settings.tokens = Tokens::byte;
  });
  add("h.txt", lines(40), [](Case& c) {
    c.settings.tokens = Tokens::bpe;
    c.settings.vocabulary = 300;
  });
  add("i.txt", lines(40), [](Case& c) {
    c.settings.running = true;
    c.settings.tokens = Tokens::bpe;
    c.settings.vocabulary = 300;
  });
  add("j.txt", lines(40), [](Case& c) { c.settings.tokens = Tokens::character; });
  add("k.txt", lines(40), [](Case& c) { c.settings.held_out = 0; });
  add("l.txt", lines(40), [](Case& c) {
    c.settings.held_out = 0.25;
    c.settings.vocabulary = 30;
    c.settings.min_count = 2;
    c.settings.keep_case = true;
  });
  add("m.txt", "我们喜欢长句子。\n他们不喜欢。\n我们也是。\n", [](Case& c) { c.choose = true; });
  return cases;
}

TEST_CASE("ids: a corpus is the same with a file of ids and without in every format") {
  const Folder folder;
  for (Case& c : all_cases()) {
    CAPTURE(c.name);
    const std::string path = folder.file(c.name);
    put(path, c.text);
    c.settings.data = {path};
    const IdsPlace place{path + ".ids"};
    const EncodedCorpus without = read(c, {"none"});
    const EncodedCorpus first = read(c, place);
    const EncodedCorpus again = read(c, place);
    check_same(first, without);
    check_same(again, without);
    CHECK(first.corpus.description == without.corpus.description + "\nids: kept in " + place.file);
    CHECK(again.corpus.description ==
          without.corpus.description + "\nids: read from " + place.file);

    // A model of this text finds the same file; one of other words makes it again.
    TextSettings settings = c.settings;
    choose_format(settings);
    if (c.choose) settings.tokens = without.vocabulary.units().tokens;
    const Corpus gone_on = encoded_corpus(settings, 1, without.vocabulary, place);
    CHECK(gone_on.train == without.corpus.train);
    CHECK(has(gone_on.description, "ids: read from "));
    if (settings.tokens != Tokens::word) continue;
    std::vector<std::string> words = without.vocabulary.words();
    words.resize(words.size() - 3);
    const Vocabulary smaller(words, settings.units());
    const Corpus other = encoded_corpus(settings, 1, smaller, place);
    CHECK(other.train == encoded_corpus(settings, 1, smaller, {"none"}).train);
    CHECK(has(other.description,
              "note: the ids were made again: " + place.file + ": the vocabulary is another one"));
  }
}

TEST_CASE("ids: files to measure on are read beside a file of ids") {
  const Folder folder;
  put(folder.file("text"), lines(30));
  put(folder.file("valid"), lines(5, 7) + "ä\n");
  put(folder.file("test"), lines(5, 8) + "ö\n");
  for (const bool characters : {false, true}) {
    CAPTURE(characters);
    Case c{"", "", {}};
    c.settings.data = {folder.file("text")};
    c.settings.valid = folder.file("valid");
    c.settings.test = folder.file("test");
    if (characters) {
      c.settings.running = true;
      c.settings.tokens = Tokens::character;
    }
    const IdsPlace place{folder.file("ids")};
    const EncodedCorpus without = read(c, {"none"});
    (void)read(c, place);
    const EncodedCorpus again = read(c, place);
    check_same(again, without);
    CHECK(again.corpus.description ==
          without.corpus.description + "\nids: read from " + place.file);
    put(folder.file("valid"), lines(5, 9) + "é\n");
    check_same(read(c, place), read(c, {"none"}));
  }
}

TEST_CASE("ids: a text that was changed is read again and one that was touched is not") {
  const Folder folder;
  Case c{"", "", {}};
  const std::string text = folder.file("text");
  c.settings.data = {text};
  const IdsPlace place{folder.file("ids")};
  std::string bytes = lines(30);
  put(text, bytes);
  struct stat before {};
  REQUIRE(::stat(text.c_str(), &before) == 0);
  (void)read(c, place);
  CHECK(has(read(c, place).corpus.description, "ids: read from "));

  // Touched only.
  const timespec now[2] = {{1'000'000'000, 0}, {1'000'000'000, 0}};
  REQUIRE(::utimensat(AT_FDCWD, text.c_str(), now, 0) == 0);
  CHECK(has(read(c, place).corpus.description, "ids: read from "));

  // Other bytes, as many, and the time of the old ones.
  bytes[bytes.find("the ")] = 'T';
  put(text, bytes);
  const timespec old[2] = {before.st_atim, before.st_mtim};
  REQUIRE(::utimensat(AT_FDCWD, text.c_str(), old, 0) == 0);
  c.settings.keep_case = true;
  (void)read(c, place);
  bytes[bytes.find("the ")] = 'T';
  put(text, bytes);
  REQUIRE(::utimensat(AT_FDCWD, text.c_str(), old, 0) == 0);
  const EncodedCorpus changed = read(c, place);
  CHECK(has(changed.corpus.description, "made again: " + place.file + ": the text has changed"));
  check_same(changed, read(c, {"none"}));
  CHECK(has(read(c, place).corpus.description, "ids: read from "));

  // One more file, which makes it another text.
  put(folder.file("more"), lines(3, 5));
  c.settings.data.push_back(folder.file("more"));
  check_same(read(c, place), read(c, {"none"}));
  CHECK(has(read(c, place).corpus.description, "ids: read from "));
}

TEST_CASE("ids: a damaged file is made again and another's is left as it is") {
  const Folder folder;
  Case c{"", "", {}};
  c.settings.data = {folder.file("text")};
  put(folder.file("text"), lines(30));
  const IdsPlace place{folder.file("ids")};
  const EncodedCorpus without = read(c, {"none"});
  (void)read(c, place);
  const std::string good = unroll::read_file(place.file);
  for (const std::string& bad : {good.substr(0, good.size() / 2), good.substr(0, 20),
                                 good.substr(0, 100) + "x" + good.substr(101)}) {
    put(place.file, bad);
    const EncodedCorpus made = read(c, place);
    CHECK(has(made.corpus.description,
              "\nnote: the ids were made again: " + place.file + ": it is "));
    check_same(made, without);
    CHECK(has(read(c, place).corpus.description, "ids: read from "));
  }
  const std::string foreign = "my own list of ids: 1 2 3\n";
  put(place.file, foreign);
  const EncodedCorpus made = read(c, place);
  CHECK(has(made.corpus.description, "note: the ids of the text are not kept: " + place.file +
                                         ": is no file of ids and is left as it is"));
  check_same(made, without);
  CHECK(unroll::read_file(place.file) == foreign);

  std::filesystem::remove(place.file);
  std::filesystem::create_directory(place.file);  // there cannot be a file
  const EncodedCorpus nowhere = read(c, place);
  CHECK(has(nowhere.corpus.description, "note: the ids of the text are not kept: "));
  check_same(nowhere, without);
}

TEST_CASE("ids: runs that make one file at once do not disturb each other") {
  const Folder folder;
  put(folder.file("text"), lines(60));
  const auto reader = [&](double held_out) {
    Case c{"", "", {}};
    c.settings.data = {folder.file("text")};
    c.settings.held_out = held_out;
    const EncodedCorpus without = read(c, {"none"});
    bool same = true;
    for (int i = 0; i < 20; ++i) {
      const EncodedCorpus made = read(c, {folder.file("ids")});
      same = same && made.corpus.train == without.corpus.train &&
             made.corpus.held_out == without.corpus.held_out;
    }
    return same;
  };
  std::vector<char> same(3);
  {
    std::vector<std::jthread> runs;
    for (std::size_t i = 0; i < same.size(); ++i) {
      runs.emplace_back([&, i] { same[i] = reader(0.1 * static_cast<double>(i + 1)) ? 1 : 0; });
    }
  }
  CHECK(same == std::vector<char>{1, 1, 1});
  CHECK(folder.entries() == 2);
}

TEST_CASE("ids: a text that does not fit into the memory for it is the same") {
  const Folder folder;
  const std::string path = folder.file("ids");
  const std::string text = lines(40);
  for (const Case& c : all_cases()) {
    CAPTURE(c.name);
    const auto read_with = [&](const Room& room) {
      TokenTable tokens;
      TextReader reader(c.settings, tokens, room);
      reader.add_lines(text);
      const SentenceList numbers = reader.take();
      IdFile file;
      file.words = Vocabulary::build(tokens, numbers, {c.settings.units(), 400});
      file.train = file.words->encode(tokens, numbers);
      return file;
    };
    const IdFile whole = read_with({});
    const IdFile by_parts = read_with({folder.file("text"), 64});
    CHECK(by_parts.train.room().in_memory == 64);
    CHECK(by_parts.train == whole.train);
    CHECK(by_parts.words->words() == whole.words->words());
    write_id_file(path, by_parts);
    CHECK(read_id_file(path).train == whole.train);
    CHECK(folder.entries() == 1);
  }
}

TEST_CASE("ids: temporary files of every text are beside it") {
  const Folder folder;
  TextSettings settings;
  settings.data = {folder.file("a/text")};
  settings.valid = folder.file("b/valid");
  settings.test = folder.file("c/test");
  for (const std::string& path : {settings.data[0], settings.valid, settings.test}) {
    std::filesystem::create_directory(std::filesystem::path(path).parent_path());
    put(path, lines(20));
  }
  for (const IdsPlace& place : {IdsPlace{"none"}, IdsPlace{folder.file("ids")}}) {
    const EncodedCorpus read = new_encoded_corpus(settings, 1, false, place);
    CHECK(read.corpus.held_out.room().beside == settings.valid);
    CHECK(read.corpus.test.room().beside == settings.test);
  }
  Corpus corpus = read_corpus(settings, 1);
  CHECK(corpus.train.room().beside == settings.data[0]);
  encode(corpus, vocabulary_of(corpus, settings));
  CHECK(corpus.train.room().beside == settings.data[0]);
  corpus = read_evaluation(settings, 1, settings.test);
  encode(corpus, vocabulary_of(read_corpus(settings, 1), settings));
  CHECK(corpus.held_out.room().beside == settings.test);
  settings.valid.clear();
  corpus = read_corpus(settings, 1);
  CHECK(corpus.held_out.room().beside == settings.data[0]);
  settings.running = true;
  CHECK(read_corpus(settings, 1).held_out.room().beside == settings.data[0]);
}

}  // namespace
}  // namespace wordlm
