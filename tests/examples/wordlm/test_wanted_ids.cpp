// Which files and options decide whether a file of ids is the one that is wanted.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unroll/core/error.h>
#include <unroll/core/files.h>

#include <filesystem>
#include <string>
#include <vector>

#include "encoded_corpora.h"
#include "wordlm/id_file.h"
#include "wordlm/text_reader.h"

namespace wordlm {
namespace {

TEST_CASE("ids: other options make the file again") {
  const Folder folder;
  Case c{"", "", {}};
  c.settings.data = {folder.file("text")};
  put(folder.file("text"), lines(60));
  const IdsPlace place{folder.file("ids")};
  (void)read(c, place);
  const auto check_option = [&](auto&& change, const std::string& why) {
    change(c.settings);
    const EncodedCorpus made = read(c, place);
    CHECK(has(made.corpus.description, "made again: " + place.file + ": " + why));
    check_same(made, read(c, {"none"}));
    CHECK(has(read(c, place).corpus.description, "ids: read from "));
  };
  const std::string other_way = "the text is read in another way";
  const std::string other_words = "the vocabulary is another one";
  check_option([](TextSettings& s) { s.held_out = 0.2; }, other_way);
  check_option([](TextSettings& s) { s.keep_case = true; }, other_way);
  check_option([](TextSettings& s) { s.vocabulary = 40; }, other_words);
  check_option([](TextSettings& s) { s.min_count = 3; }, other_words);
  check_option([](TextSettings& s) { s.tokens = Tokens::character; }, other_way);
  check_option([](TextSettings& s) { s.running = true; }, other_way);
  check_option([](TextSettings& s) { s.format = "lines"; }, other_way);
  // What only says how many of the ids are used does not.
  c.settings.limit = 3;
  CHECK(has(read(c, place).corpus.description, "ids: read from "));
}

TEST_CASE("ids: running text whose tokens were chosen is found again by its model") {
  const Folder folder;
  put(folder.file("text"), lines(30));
  put(folder.file("valid"), lines(5, 7));
  Case c{"", "", {}, true};
  c.settings.data = {folder.file("text")};
  c.settings.valid = folder.file("valid");
  c.settings.running = c.settings.plain = true;
  const IdsPlace place{folder.file("ids")};
  const EncodedCorpus made = read(c, place);
  const Corpus gone_on = encoded_corpus(c.settings, 1, made.vocabulary, place);
  CHECK(has(gone_on.description, "ids: read from "));
  CHECK(gone_on.train == made.corpus.train);
  CHECK(gone_on.held_out == made.corpus.held_out);
}

TEST_CASE("ids: kept of large files only where they are not asked for") {
  const Folder folder;
  TextSettings settings;
  const WantedIds wanted{settings};
  CHECK(ids_file_of(wanted, {}).empty());
  CHECK(ids_file_of(wanted, {"none"}).empty());
  CHECK_THROWS_WITH_AS((void)ids_file_of(wanted, {"ids"}),
                       "--ids keeps the ids of files; built-in comments are in none",
                       unroll::Error);
  settings.data = {folder.file("text"), folder.file("none")};
  put(folder.file("text"), "a\n");
  CHECK(ids_file_of(wanted, {}).empty());
  CHECK(ids_file_of(wanted, {"ids"}) == "ids");
  std::filesystem::resize_file(folder.file("text"), kLargeText - 1);
  CHECK(ids_file_of(wanted, {}).empty());
  std::filesystem::resize_file(folder.file("text"), kLargeText);
  CHECK(ids_file_of(wanted, {}) == folder.file("text.ids"));
  CHECK(ids_file_of(wanted, {"none"}).empty());
  settings.data.emplace_back("-");
  CHECK(ids_file_of(wanted, {}).empty());
  settings.data = {folder.file("text"), "-"};
  CHECK_THROWS_WITH_AS((void)ids_file_of(wanted, {"ids"}),
                       "--ids keeps the ids of files; standard input cannot be read again",
                       unroll::Error);
}

TEST_CASE("ids: a pipe to measure on matters only where its characters become the vocabulary") {
  const Folder folder;
  put(folder.file("text"), "a\n");
  put(folder.file("large"), "a\n");
  std::filesystem::resize_file(folder.file("large"), kLargeText);
  put(folder.file("chinese"), "我们喜欢长句子。\n");
  REQUIRE(::mkfifo(folder.file("pipe").c_str(), 0600) == 0);
  const Vocabulary vocabulary({"\n", "a"}, {Tokens::character, true});
  for (const std::string& pipe : {std::string("-"), folder.file("pipe")}) {
    TextSettings settings;
    settings.data = {folder.file("text")};
    settings.valid = pipe;
    CHECK(ids_file_of({settings}, {"ids"}) == "ids");
    settings.running = true;
    CHECK(ids_file_of({settings}, {"ids"}) == "ids");
    CHECK(ids_file_of({settings, nullptr, true}, {"ids"}) == "ids");
    settings.data = {folder.file("chinese")};
    CHECK_THROWS_AS((void)ids_file_of({settings, nullptr, true}, {"ids"}), unroll::Error);
    settings.data = {folder.file("text")};
    settings.tokens = Tokens::byte;
    CHECK(ids_file_of({settings}, {"ids"}) == "ids");
    settings.tokens = Tokens::character;
    CHECK_THROWS_AS((void)ids_file_of({settings}, {"ids"}), unroll::Error);
    CHECK(ids_file_of({settings, &vocabulary}, {"ids"}) == "ids");
    settings.valid.clear();
    settings.test = pipe;
    CHECK_THROWS_AS((void)ids_file_of({settings}, {"ids"}), unroll::Error);
    settings.data = {folder.file("large")};
    CHECK(ids_file_of({settings}, {}).empty());
    CHECK_FALSE(ids_file_of({settings, &vocabulary}, {}).empty());
  }
}

TEST_CASE("ids: a file that other rules of reading made is made again") {
  const Folder folder;
  Case c{"", "", {}};
  c.settings.data = {folder.file("text")};
  put(folder.file("text"), lines(30));
  const IdsPlace place{folder.file("ids")};
  (void)read(c, place);
  IdFile file = read_id_file(place.file);
  const std::string rules = fmt::format("rules {},", kReadingRules);
  REQUIRE(file.reading.starts_with(rules));
  file.reading.replace(0, rules.size(), fmt::format("rules {},", kReadingRules + 1));
  write_id_file(place.file, file);
  const EncodedCorpus made = read(c, place);
  CHECK(
      has(made.corpus.description, "made again: " + place.file + ": the text is read in another"));
  CHECK(has(read(c, place).corpus.description, "ids: read from "));
}

TEST_CASE("ids: a model finds its ids whatever it is measured on") {
  const Folder folder;
  put(folder.file("text"), lines(30));
  put(folder.file("test"), lines(5, 7));
  put(folder.file("other"), lines(2, 7));
  Case c{"", "", {}};
  c.settings.data = {folder.file("text")};
  c.settings.test = folder.file("test");
  c.settings.running = true;
  c.settings.tokens = Tokens::character;
  const IdsPlace place{folder.file("ids")};
  const EncodedCorpus made = read(c, place);
  TextSettings settings = c.settings;
  choose_format(settings);
  settings.test = folder.file("other");
  CHECK(has(encoded_corpus(settings, 1, made.vocabulary, place).description, "ids: read from "));
  // The vocabulary of a new model would have the characters of the other text.
  c.settings.test = folder.file("other");
  CHECK(has(read(c, place).corpus.description, "made again: "));
}

TEST_CASE("ids: a file is found by the column that is read however it is named") {
  const Folder folder;
  Case c{"", "", {}};
  c.settings.data = {folder.file("text.csv")};
  std::string text = "id,remark,body\n";
  for (const std::string& comment : builtin_comments(30, 1)) {
    text += fmt::format("1,\"{}\",\"a body\"\n", comment);
  }
  put(c.settings.data[0], text);
  c.settings.column = "remark";
  const IdsPlace place{folder.file("ids")};
  const EncodedCorpus made = read(c, place);
  const auto goes_on = [&](const auto& change) {
    TextSettings settings = c.settings;
    change(settings);
    const Corpus found = encoded_corpus(settings, 1, made.vocabulary, place);
    CHECK((found.train == encoded_corpus(settings, 1, made.vocabulary, {"none"}).train));
    const bool same = has(found.description, "ids: read from ");
    if (!same) CHECK(has(found.description, "made again: "));
    return same;
  };
  const auto unnamed = [](TextSettings& s) { take_reading({}, s); };
  CHECK(goes_on(unnamed));
  CHECK(goes_on([](TextSettings& s) { s.column = "Remark"; }));
  CHECK(goes_on([](TextSettings& s) { s.column = "2"; }));
  CHECK(goes_on([](TextSettings& s) { s.delimiter = ","; }));
  CHECK_FALSE(goes_on([](TextSettings& s) { s.column = "body"; }));
  CHECK_FALSE(goes_on(unnamed));
  CHECK(goes_on([](TextSettings&) {}));
  // Where there is no such column, that is said: no file of ids hides it.
  TextSettings settings = c.settings;
  settings.column = "comments";
  CHECK_THROWS_AS((void)encoded_corpus(settings, 1, made.vocabulary, place), unroll::IoError);
}

TEST_CASE("ids: words that were chosen are those that were asked for") {
  const Folder folder;
  Case c{"", "", {}};
  c.settings.data = {folder.file("text")};
  put(folder.file("text"), lines(30));
  const IdsPlace place{folder.file("ids")};
  for (const bool choose : {true, false, true}) {
    c.choose = choose;
    (void)read(c, place);
    CHECK(has(read(c, place).corpus.description, "ids: read from "));
    c.choose = !choose;
    CHECK(has(read(c, place).corpus.description, "ids: read from "));
  }
  put(folder.file("text"), "我们喜欢长句子。\n他们不喜欢。\n我们也是。\n");
  c.choose = false;
  (void)read(c, place);
  c.choose = true;
  const EncodedCorpus chosen = read(c, place);
  CHECK(has(chosen.corpus.description,
            "made again: " + place.file + ": the text is read in another"));
  CHECK(chosen.vocabulary.units().tokens == Tokens::character);
}

TEST_CASE("ids: a place that is only read is not written to") {
  const Folder folder;
  Case c{"", "", {}};
  c.settings.data = {folder.file("text")};
  put(folder.file("text"), lines(30));
  const std::string path = folder.file("ids");
  const EncodedCorpus without = read(c, {path, true});
  CHECK_FALSE(has(without.corpus.description, "ids"));
  CHECK_FALSE(std::filesystem::exists(path));
  (void)read(c, {path});
  const std::string bytes = unroll::read_file(path);
  CHECK(has(read(c, {path, true}).corpus.description, "ids: read from "));
  c.settings.keep_case = true;
  check_same(read(c, {path, true}), read(c, {"none"}));
  CHECK((unroll::read_file(path) == bytes));
}

TEST_CASE("ids: a file of ids is not taken for a text") {
  const Folder folder;
  Case c{"", "", {}};
  c.settings.data = {folder.file("text")};
  put(folder.file("text"), lines(30));
  const std::string ids = folder.file("text.ids");
  (void)read(c, {ids});
  const std::string fault =
      ids +
      ": is no text but a file of ids, which wordlm keeps of a text; leave it out of --data, "
      "--valid and --test";
  const TextSettings good = c.settings;
  c.settings.data.push_back(ids);
  CHECK_THROWS_WITH_AS((void)read(c, {}), fault.c_str(), unroll::IoError);
  for (std::string TextSettings::*const other : {&TextSettings::valid, &TextSettings::test}) {
    c.settings = good;
    c.settings.*other = ids;
    CHECK_THROWS_WITH_AS((void)read(c, {}), fault.c_str(), unroll::IoError);
    CHECK_THROWS_WITH_AS((void)read(c, {folder.file("ids")}), fault.c_str(), unroll::IoError);
  }
  CHECK_THROWS_WITH_AS((void)read_evaluation(good, 1, ids), fault.c_str(), unroll::IoError);
}

TEST_CASE("ids: a named file is an input where it is one of ids and else an output") {
  using Files = std::vector<examples::NamedFile>;
  const Folder folder;
  const auto sort = [&](const IdsPlace& place) {
    Files inputs;
    Files outputs;
    add_ids_file(place, inputs, outputs);
    CHECK(inputs.size() + outputs.size() <= 1);
    return !inputs.empty() ? "read" : !outputs.empty() ? "written" : "";
  };
  const std::string path = folder.file("ids");
  CHECK(sort({}) == std::string());
  CHECK(sort({"none"}) == std::string());
  CHECK(sort({path}) == std::string("written"));
  put(path, "");
  CHECK(sort({path}) == std::string("written"));
  put(path, "1 2 3, my own ids\n");
  const std::string fault = path + ": is no file of ids and is left as it is; --ids names another";
  CHECK_THROWS_WITH_AS((void)sort({path}), fault.c_str(), unroll::IoError);
  put(folder.file("text"), lines(3));
  std::filesystem::remove(path);
  Case c{"", "", {}};
  c.settings.data = {folder.file("text")};
  (void)read(c, {path});
  CHECK(sort({path}) == std::string("read"));
}

}  // namespace
}  // namespace wordlm
