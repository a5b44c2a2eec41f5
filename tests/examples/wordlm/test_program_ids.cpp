// A training from a file of ids is the training on its text, whatever happens to the file.
#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unroll/core/files.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "run_program.h"
#include "wordlm/builtin_comments.h"
#include "wordlm/id_file.h"

namespace wordlm {
namespace {

using Arguments = std::vector<std::string>;

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

Arguments joined(Arguments first, const Arguments& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

const Arguments kSmall = {"--hidden", "4", "--embedding", "4", "--epochs", "2", "--samples", "0"};

void write_csv(const std::string& path, int comments) {
  std::ofstream file(path);
  file << "id,body\n";
  for (const std::string& comment : builtin_comments(comments, 1)) {
    file << "1,\"";
    for (const char c : comment) file << (c == '"' ? "\"\"" : std::string(1, c));
    file << "\"\n";
  }
}

TEST_CASE("ids: a training is the same to the bit with a file of ids and without") {
  const Folder folder;
  const std::string data = folder.file("text.csv");
  const std::string ids = folder.file("ids");
  const std::string model = folder.file("m");
  write_csv(data, 60);
  const std::vector<Arguments> ways = {
      {},
      {"--stream", "--bptt", "5", "--batch", "4"},
      {"--stream", "--tokens", "char", "--bptt", "20", "--batch", "4"},
      {"--tokens", "byte"},
      {"--tokens", "bpe", "--vocabulary", "300"},
      {"--first", "20"},
      {"--held-out", "0"},
      {"--output", "adaptive", "--vocabulary", "60"},
  };
  for (const Arguments& way : ways) {
    CAPTURE(way.empty() ? "" : way[0] + way.back());
    const Arguments train = joined(joined({"train", "--data", data, "--save", model}, kSmall), way);
    std::filesystem::remove(model);
    REQUIRE(run(joined(train, {"--ids", "none"})).status == 0);
    const std::string expected = content_of(model);
    for (const char* const said : {"ids: ", "ids: read from "}) {
      std::filesystem::remove(model);
      const Run again = run(joined(train, {"--ids", ids}));
      CAPTURE(again.err);
      CHECK(again.status == 0);
      CHECK((has(again.out, said) || has(again.out, "note: the ids were made again: ")));
      CHECK((content_of(model) == expected));
    }
  }
}

TEST_CASE("ids: a training goes on with the file and without it") {
  const Folder folder;
  const std::string data = folder.file("text.csv");
  const std::string ids = folder.file("ids");
  const std::string model = folder.file("m");
  write_csv(data, 60);
  const auto go_on = [&](const std::string& first, const std::string& second) {
    std::filesystem::remove(model);
    const Arguments save = {"--save", model, "--samples", "0"};
    const Arguments begin = {"train",       "--data", data,       "--hidden", "4",
                             "--embedding", "4",      "--epochs", "1"};
    REQUIRE(run(joined(joined(begin, save), {"--ids", first})).status == 0);
    const Run more =
        run(joined(joined({"train", "--load", model, "--data", data, "--epochs", "2"}, save),
                   {"--ids", second}));
    CAPTURE(more.out);
    CHECK(more.status == 0);
    CHECK_FALSE(has(more.out, "these are not the sentences"));
    CHECK(run({"eval", "--load", model, "--held-out"}).status == 0);
    return content_of(model);
  };
  const std::string expected = go_on("none", "none");
  CHECK((go_on(ids, ids) == expected));
  CHECK((go_on(ids, "none") == expected));
  CHECK((go_on("none", ids) == expected));
}

TEST_CASE("ids: whatever write, flush or rename fails, the training is right") {
  const Folder folder;
  const std::string data = folder.file("text.csv");
  const std::string ids = folder.file("ids");
  const std::string model = folder.file("m");
  const std::string mark = folder.file("mark");
  write_csv(data, 20);
  const Arguments train =
      joined({"train", "--data", data, "--save-start", model, "--ids", ids},
             {"--hidden", "4", "--embedding", "4", "--epochs", "0", "--samples", "0"});
  REQUIRE(run(train).status == 0);
  const std::string expected = content_of(model);
  int failed = 0;
  for (const char* const call : {"write", "fsync", "rename"}) {
    for (int nth = 1; nth < 50; ++nth) {
      std::filesystem::remove(ids);
      std::filesystem::remove(mark);
      std::filesystem::remove(model);
      const Run faulty = unroll::testing::run_program(
          fmt::format("env LD_PRELOAD={} FAIL_CALL={} FAIL_NTH={} FAIL_MARK={} {}", FAIL_NTH, call,
                      nth, mark, WORDLM_PROGRAM),
          on_one_thread(train));
      CAPTURE(call);
      CAPTURE(nth);
      CAPTURE(faulty.err);
      const bool not_kept = has(faulty.out, "note: the ids of the text are not kept: ");
      if (!not_kept) break;  // what fails now is the model's
      ++failed;
      CHECK(faulty.status == 0);
      CHECK((content_of(model) == expected));
      CHECK_FALSE(std::filesystem::exists(ids));
      CHECK(folder.entries() == 3);  // text, model, mark
    }
  }
  CHECK(failed >= 5);
}

TEST_CASE("ids: a run that is killed while it makes the file leaves the next one right") {
  const Folder folder;
  const std::string data = folder.file("text.csv");
  const std::string ids = folder.file("ids");
  const std::string model = folder.file("m");
  write_csv(data, 8000);
  const Arguments options = {"--hidden",  "4", "--embedding",  "4",  "--epochs", "0",
                             "--samples", "0", "--save-start", model};
  const auto train = [&](const std::string& file) {
    return joined({"train", "--data", data, "--ids", file}, options);
  };
  REQUIRE(run(train("none")).status == 0);
  const std::string expected = content_of(model);
  for (const int milliseconds : {10, 60, 110, 160, 210, 300, 400}) {
    CAPTURE(milliseconds);
    std::filesystem::remove(ids);
    {
      Background killed(train(ids));
      std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
      (void)killed.end_with(SIGKILL);
    }
    if (std::filesystem::exists(ids)) CHECK_NOTHROW((void)read_id_file(ids));
    CHECK(run(train(ids)).status == 0);
    CHECK((content_of(model) == expected));
    CHECK(folder.entries() == 3);  // text, ids, model
  }
}

TEST_CASE("ids: an interruption while the text is read ends the run and leaves nothing") {
  const Folder folder;
  const std::string data = folder.file("text.csv");
  const std::string pipe = folder.file("pipe");
  const std::string out = folder.file("out");
  write_csv(data, 60);
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  // Opening the pipe for writing succeeds once the program reads it; the program then waits for
  // text, and is interrupted there.
  for (const char* const command : {"train --samples 0 --epochs 0", "ngram --order 2"}) {
    CAPTURE(command);
    const Run shell = unroll::testing::run_program(
        "sh -c",
        {fmt::format("{0} --threads 1 {1} --data {2} --ids {3} --valid {4} >{5} & exec 3>{4}; "
                     "kill -TERM $!; echo a cat >&3; exec 3>&-; wait $!",
                     WORDLM_PROGRAM, command, data, folder.file("ids"), pipe, out)});
    CHECK(shell.status == 130);
    CHECK(shell.err == "");
    CHECK(content_of(out) == "interrupted while the text was read; no unfinished file is left\n");
    CHECK(folder.entries() == 3);  // text, pipe, out
  }
}

TEST_CASE("ids: a run that is interrupted at any moment leaves a whole file or none") {
  const Folder folder;
  const std::string data = folder.file("text.csv");
  const std::string ids = folder.file("ids");
  write_csv(data, 8000);
  for (const int milliseconds : {10, 60, 110, 160, 210, 300, 400}) {
    CAPTURE(milliseconds);
    std::filesystem::remove(ids);
    Background training(joined({"train", "--data", data, "--ids", ids},
                               {"--hidden", "4", "--embedding", "4", "--epochs", "1000000"}));
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
    const int status = training.end_with(SIGINT);
    CHECK((status == 130 || status == -1));  // -1: before or after the text was read
    const bool is_whole = std::filesystem::exists(ids);
    CHECK(folder.entries() == (is_whole ? 2 : 1));
    if (is_whole) CHECK_NOTHROW((void)read_id_file(ids));
  }
}

TEST_CASE("ids: what a killed run left is removed by one that finds the file") {
  const Folder folder;
  const std::string data = folder.file("text.csv");
  const std::string ids = folder.file("ids");
  write_csv(data, 20);
  const Arguments train = joined({"train", "--data", data, "--ids", ids}, kSmall);
  REQUIRE(run(train).status == 0);
  unroll::write_file(ids + ".0123abcd.tmp", "half of a fi");
  CHECK(has(run(train).out, "ids: read from "));
  CHECK(folder.entries() == 2);
}

TEST_CASE("ids: a limit on the size of files is an error that names the file") {
  const Folder folder;
  const std::string data = folder.file("text.csv");
  const std::string ids = folder.file("ids");
  const std::string model = folder.file("m");
  write_csv(data, 200);
  const std::string too_large = ": cannot be written (File too large); nothing was changed\n";
  const auto limited = [&](const std::string& command) {  // to so many blocks of 512 bytes
    return unroll::testing::run_program(
        "sh -c", {fmt::format("ulimit -f 2 && exec {} --threads 1 {}", WORDLM_PROGRAM, command)});
  };
  const Run counted =
      limited(fmt::format("ngram --order 2 --data {} --ids {} --save {}", data, ids, model));
  CHECK(counted.status == 1);
  CHECK(has(counted.out, "\nnote: the ids of the text are not kept: " + ids + too_large));
  CHECK(counted.err == "wordlm: " + model + too_large);
  CHECK(folder.entries() == 1);
  REQUIRE(run(joined({"train", "--data", data, "--save", model}, kSmall)).status == 0);
  const std::string out = folder.file("out");
  const Run sampled = limited(fmt::format("sample --load {} --count 100 >{}", model, out));
  CHECK(sampled.status == 1);
  CHECK(sampled.err == "wordlm: the output cannot be written\n");
}

TEST_CASE("ids: the file is none of those that a training reads or writes") {
  const Folder folder;
  const std::string data = folder.file("text.csv");
  write_csv(data, 5);
  const Run same = run(joined({"train", "--data", data, "--ids", data}, kSmall));
  CHECK(same.status != 0);
  CHECK(has(same.err, data + ": is no file of ids and is left as it is; --ids names another"));
  CHECK(has(unroll::read_file(data), "id,body\n"));
  for (const char* const command : {"train", "ngram"}) {
    const Run early = run({command, "--data", folder.file("nothing"), "--ids", data});
    CHECK(early.status != 0);
    CHECK(has(early.err, data + ": is no file of ids"));
  }
  const Run nowhere = run(joined({"train", "--data", data, "--ids", "/nowhere/ids"}, kSmall));
  CHECK(nowhere.status != 0);
  CHECK(has(nowhere.err, "/nowhere/ids: cannot be written, there is no directory /nowhere"));
  const Run input = run(joined({"train", "--data", "-", "--ids", "ids"}, kSmall), "a b\nc d\n");
  CHECK(has(input.err, "--ids keeps the ids of files; standard input cannot be read again"));
}

TEST_CASE("ids: a pipe to measure on is read beside them unless they depend on it") {
  const Folder folder;
  const std::string data = folder.file("text");
  unroll::write_file(data, "the cat sat on the mat\nthe cat ran\n");
  const std::string valid = "the mat sat\n";
  const Arguments train = joined({"train", "--data", data, "--stream", "--batch", "1", "--valid",
                                  "-", "--ids", folder.file("ids")},
                                 kSmall);
  for (const char* const said : {"ids: kept in ", "ids: read from "}) {
    const Run words = run(joined(train, {"--tokens", "word"}), valid);
    CAPTURE(words.err);
    CHECK(words.status == 0);
    CHECK(has(words.out, said));
    CHECK(has(words.out, "held out: standard input: 1 line"));
  }
  const Run characters = run(joined(train, {"--tokens", "char"}), valid);
  CHECK(characters.status != 0);
  CHECK(has(characters.err, "--ids keeps the ids of files; standard input cannot be read again"));
  const Run unkept = run(
      joined({"train", "--data", data, "--chars", "--batch", "1", "--valid", "-"}, kSmall), valid);
  CHECK(unkept.status == 0);
}

TEST_CASE("ids: a model finds them by the text it remembers") {
  const Folder folder;
  const std::string data = folder.file("text.csv");
  const std::string ids = folder.file("ids");
  const std::string model = folder.file("m");
  write_csv(data, 60);
  const Run first =
      run(joined({"train", "--data", data, "--save", model, "--ids", ids, "--lr", "0.1"}, kSmall));
  REQUIRE(first.status == 0);
  const std::string go_on = "wordlm train --load " + model + " --save " + model + " --ids " + ids;
  CHECK(has(first.out, go_on + " --epochs 4 goes on\n"));
  const Arguments load = {"train", "--load", model, "--epochs", "3", "--samples", "0"};
  CHECK(has(run(joined(load, {"--ids", ids})).out, "ids: read from " + ids));
  {
    Background training(
        {"train", "--load", model, "--save", model, "--ids", ids, "--epochs", "100000"});
    CHECK(training.wait_for("epoch  3:"));
    CHECK(training.end_with(SIGINT) == 130);
    CHECK(has(training.out(), "; go on with: " + go_on + "\n"));
  }
  const std::string builtin = folder.file("b");
  REQUIRE(run(joined({"train", "--comments", "50", "--save", builtin}, kSmall)).status == 0);
  const Run none = run({"train", "--load", builtin, "--ids", ids, "--epochs", "3"});
  CHECK(none.status != 0);
  CHECK(has(none.err, "--ids keeps the ids of files; built-in comments are in none"));
}

TEST_CASE("ids: eval writes only a file that is named") {
  const Folder folder;
  const std::string data = folder.file("text.csv");
  const std::string ids = folder.file("ids");
  const std::string model = folder.file("m");
  const std::string ngrams = folder.file("n");
  write_csv(data, 60);
  REQUIRE(run(joined({"train", "--data", data, "--save", model}, kSmall)).status == 0);
  REQUIRE(run({"ngram", "--data", data, "--save", ngrams}).status == 0);
  const Arguments held_out = {"eval", "--load", model, "--held-out"};
  const Run without = run(joined(held_out, {"--mix", ngrams}));
  CHECK(without.status == 0);
  CHECK(folder.entries() == 3);
  CHECK(has(run(joined(held_out, {"--ids", ids})).out, "ids: kept in " + ids));
  CHECK(has(run(joined(held_out, {"--ids", ids})).out, "ids: read from " + ids));
  const Run mixed = run({"eval", "--load", model, "--data", data, "--mix", ngrams, "--ids", ids});
  CHECK(mixed.status == 0);
  CHECK(has(mixed.out, "mixture of "));
  const Run useless = run({"eval", "--load", model, "--data", data, "--ids", ids});
  CHECK(useless.status != 0);
  CHECK(has(useless.err, "--ids: goes with --held-out or --mix"));
  const Run foreign = run(joined(held_out, {"--ids", model}));
  CHECK(foreign.status != 0);
  CHECK(has(foreign.err, model + ": is no file of ids and is left as it is"));
}

TEST_CASE("ids: a file of them among the texts is named") {
  const Folder folder;
  const std::string data = folder.file("text");
  const std::string ids = folder.file("text.ids");
  unroll::write_file(data, "a cat sat\na cat ran\n");
  REQUIRE(run({"ngram", "--data", data, "--ids", ids}).status == 0);
  for (const char* const option : {"--data", "--valid", "--test"}) {
    const Run wrong = run({"ngram", "--data", data, option, ids});
    CHECK(wrong.status != 0);
    CHECK(has(wrong.err, ids + ": is no text but a file of ids, which wordlm keeps of a text"));
  }
}

TEST_CASE("ids: a model of lines has no column to be told again") {
  const Folder folder;
  const std::string data = folder.file("text");
  const std::string model = folder.file("m");
  unroll::write_file(data, "a cat sat\na cat ran\n");
  REQUIRE(run(joined({"train", "--data", data, "--save", model}, kSmall)).status == 0);
  const Run column = run({"train", "--load", model, "--data", data, "--column", "body"});
  CHECK(column.status != 0);
  CHECK(has(column.err, "--column is for tables, and " + data + " is read as lines"));
}

}  // namespace
}  // namespace wordlm
