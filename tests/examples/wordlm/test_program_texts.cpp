#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "run_program.h"

namespace wordlm {
namespace {

using Arguments = std::vector<std::string>;

Run train_on(const std::string& data, const Arguments& more = {}) {
  Arguments all = {"train", "--data", data, "--hidden", "8", "--samples", "1", "--epochs", "1"};
  if (std::ranges::find(more, "--samples") != more.end())
    all.erase(all.begin() + 5, all.begin() + 7);
  all.insert(all.end(), more.begin(), more.end());
  return run(all);
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// A run that has nothing to train on: one sentence that begins with the file.
void check_failure(const Run& result, const std::string& message) {
  CHECK(result.status == 1);
  CHECK(result.out == "");
  CHECK(result.err == "wordlm: " + message + "\n");
}

/// A run whose output has all of these.
void check_output(const Run& result, const Arguments& parts) {
  CHECK(result.status == 0);
  CHECK(result.err == "");
  for (const std::string& part : parts) {
    CAPTURE(part);
    CHECK(has(result.out, part));
  }
  CHECK(std::ranges::none_of(
      result.out, [](char c) { return static_cast<unsigned char>(c) < 32 && c != '\n'; }));
}

TEST_CASE("texts: a missing or empty file is refused") {
  check_failure(train_on("/nowhere.txt"),
                "/nowhere.txt: cannot be opened: No such file or directory");
  check_failure(train_on("/tmp"), "/tmp: is a directory; expected a file");
  for (const std::string extension : {".txt", ".csv"}) {
    const TemporaryFile empty(extension, "");
    check_failure(train_on(empty.path()), empty.path() + ": the file is empty");
  }
  const TemporaryFile blank(".txt", " \n\n \t\n");
  check_failure(train_on(blank.path()), blank.path() + ": holds only blank comments");
  const TemporaryFile rules(".txt", "***\n");
  check_failure(train_on(rules.path()), rules.path() + ": no sentence in 1 comment");
}

TEST_CASE("texts: a column is found by its name and by its number") {
  const TemporaryFile csv(".csv", "id,body,reply\n1,The cat sat.,yes and yes and yes\n");
  const auto words = [](const char* count) {
    return Arguments{std::string("vocabulary: ") + count + " words"};
  };
  check_output(train_on(csv.path()), words("4"));
  check_output(train_on(csv.path()), {"1 comment in column 'body', 1 sentence\n"});
  check_output(train_on(csv.path(), {"--column", "Reply"}), words("5"));
  check_output(train_on(csv.path(), {"--column", "3"}), {"1 comment in column 'reply'"});
  const std::string names = "'; its header names 3 columns: 'id', 'body', 'reply'";
  for (const std::string wrong : {"text", "0", "4", "-1", "1x"}) {
    check_failure(train_on(csv.path(), {"--column", wrong}),
                  csv.path() + ": has no column '" + wrong + names);
  }
}

TEST_CASE("broken quoting names its line") {
  const TemporaryFile broken(".csv", "body\n\"one\"\n\"two\" three\n");
  check_failure(train_on(broken.path()),
                broken.path() +
                    ":3: expected ',' or the end of the line after a closing quote, "
                    "found 'three' (the record begins on line 3); --skip-bad-rows leaves such "
                    "records out");
  const TemporaryFile comma(".csv", "body\none, two\n");
  check_failure(train_on(comma.path()),
                comma.path() +
                    ":2: expected 1 field as in the header, found 2; a field that "
                    "holds a ',' must be quoted, --delimiter names another character between "
                    "fields; --skip-bad-rows leaves such records out");
  check_output(train_on(comma.path(), {"--delimiter", ";"}), {"1 comment in column 'body'"});
  const TemporaryFile cut(".csv", "body\n\"One cat.\"\n\"Two ca");
  check_output(
      train_on(cut.path()),
      {"2 comments in column 'body', 2 sentences\nnote: the record of line 3 is cut off by "
       "the end of the file\n"});
}

TEST_CASE("bytes that are no text are replaced, and said to be") {
  const TemporaryFile file(".txt", std::string("The cat\0 sat.\nA dog \xff\xfe ran.\n", 28));
  check_output(train_on(file.path()),
               {"2 comments, 2 sentences\nnote: 2 invalid UTF-8 sequences replaced, the first in "
                "line 2\nnote: 1 NUL byte dropped\n"});
  const TemporaryFile named("-caf\xe9.txt", "The cat sat.\nA dog ran.\n");
  const Folder folder;
  check_output(train_on(named.path(), {"--save", folder.file("m")}), {"2 comments, 2 sentences\n"});
  CHECK(run({"sample", "--load", folder.file("m")}).status == 0);
}

TEST_CASE("a sentence without end is cut") {
  std::string words;
  for (int i = 0; i < 400000; ++i) words += fmt::format("w{} ", (i % 97) * (i % 97) % 89);
  const TemporaryFile line(".txt", words);
  check_output(train_on(line.path(), {"--embedding", "0", "--first", "40"}),
               {"1 comment, 800 sentences\nnote: sentences of more than 500 words, cut into "
                "pieces: 1\n",
                "note: trained on the first 40 of 720 sentences\n"});
  const TemporaryFile field(".csv", "body\n\"" + words.substr(0, 100000) + "\"\n");
  check_output(train_on(field.path()), {"cut into pieces: 1\n"});
  const TemporaryFile word(".txt", std::string(3000000, 'a'));
  check_output(train_on(word.path(), {"--samples", "0"}),
               {"the rarest word kept is '" + std::string(40, 'a') + "...', seen once"});
  const TemporaryFile model(".model", "");
  CHECK(run({"train", "--comments", "20", "--epochs", "0", "--save", model.path()}).status == 0);
  const Run scored = run({"score", "--load", model.path()}, words.substr(0, 200000));
  CHECK(scored.status == 0);
  CHECK(std::ranges::count(scored.out, '\n') == 3);  // title, sentence, note
}

TEST_CASE("texts: one sentence can be trained on, but not held out from") {
  const TemporaryFile one(".txt", "The cat sat on the mat.");
  check_output(train_on(one.path(), {"--batch", "1000"}),
               {"note: too few sentences to hold 0.1 of them out for a test; the loss shown is "
                "that of the training sentences\n",
                "epoch  1: training loss "});
  check_output(run({"train", "--comments", "5", "--hidden", "4", "--epochs", "1"}),
               {"note: too few sentences to hold 0.1 of them out", "epoch  1: training loss "});
  const Run all = train_on(one.path(), {"--held-out", "0"});
  check_output(all, {"epoch  1: training loss "});
  CHECK_FALSE(has(all.out, "note: too few"));
}

TEST_CASE("the part held out is the part asked for") {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "The cat sat.\n";
  const TemporaryFile file(".txt", text);
  for (const auto& [part, left] : std::vector<std::pair<std::string, std::string>>{{"0", "100"},
                                                                                   {"0.01", "99"},
                                                                                   {"0.1", "90"},
                                                                                   {"0.3", "70"},
                                                                                   {"0.4", "60"},
                                                                                   {"0.5", "50"}}) {
    check_output(train_on(file.path(), {"--held-out", part}),
                 {"vocabulary: " + std::to_string(std::stoi(left) * 4) + " words in " + left +
                  " sentences"});
  }
}

TEST_CASE("texts: vocabularies from one word to more than there are") {
  const TemporaryFile file(".txt", "The cat sat.\nThe dog sat.\nThe cow ran.\n");
  check_output(train_on(file.path(), {"--vocabulary", "1000"}),
               {"10 ids", "note: the model has 1,000 ids as asked for; 990 of them have no word\n",
                "ln(1000) = 6.9078"});
  const Run least = train_on(file.path(), {"--vocabulary", "4"});
  check_output(least, {"4 ids, the rarest word kept is '.', seen 3 times", "ln(4) = 1.3863"});
  check_output(train_on(file.path(), {"--first", "100"}),
               {"note: there are only 3 sentences to train on, not 100\n"});
  check_output(train_on(file.path(), {"--first", "2"}),
               {"note: trained on the first 2 of 3 sentences\n"});
  check_output(
      run({"train", "--comments", "60", "--first", "100000", "--hidden", "4", "--epochs", "0"}),
      {"note: there are only 109 sentences to train on, not 100,000\n"});
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // which end the program
TEST_CASE("texts: a model larger than the memory is refused") {
  const Run huge = run({"train", "--comments", "60", "--vocabulary", "10000000", "--hidden",
                        "100000", "--layers", "100"});
  CHECK(huge.status == 1);
  CHECK(huge.err ==
        "wordlm: not enough memory; a smaller --batch, --hidden or --vocabulary needs less\n");
}
#endif

TEST_CASE("texts: the sample of reddit comments is trained on and lowers its loss") {
  const auto path = sample_path();
  if (!path) return;
  check_output(train_on(*path, {"--vocabulary", "200", "--cell", "rnn", "--embedding", "0"}),
               {"212 comments in column 'body', 1247 sentences\n", "ln(200) = 5.2983",
                "epoch  1: held-out loss "});
  check_failure(train_on(*path, {"--column", "text"}),
                *path + ": has no column 'text'; its header names 1 column: 'body'");
}

}  // namespace
}  // namespace wordlm
