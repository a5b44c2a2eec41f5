// How a text is read belongs to the model: the same text gives the same numbers, whatever its file
// is called.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "run_program.h"

namespace wordlm {
namespace {

using Arguments = std::vector<std::string>;

void write(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

/// Runs wordlm and returns its output; the test fails where wordlm does.
std::string output_of(const Arguments& arguments) {
  const Run result = run(arguments);
  CAPTURE(fmt::format("{}", fmt::join(arguments, " ")));
  CHECK(result.err == "");
  REQUIRE(result.status == 0);
  return result.out;
}

Arguments train_on(const std::string& data, const std::string& model, const Arguments& more = {},
                   const std::string& epochs = "1") {
  Arguments all = {"train",    "--data", data,          "--save", model,     "--samples", "0",
                   "--hidden", "4",      "--embedding", "4",      "--batch", "2"};
  all.insert(all.end(), {"--epochs", epochs});
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

/// The line of an output that begins with `beginning`.
std::string line_of(const std::string& out, const std::string& beginning) {
  const std::size_t at = out.find("\n" + beginning);
  REQUIRE(at != std::string::npos);
  return out.substr(at + 1, out.find('\n', at + 1) - at - 1);
}

std::string loss_of(const std::string& model, const Arguments& more) {
  Arguments all = {"eval", "--load", model};
  all.insert(all.end(), more.begin(), more.end());
  return line_of(output_of(all), "loss: ");
}

constexpr const char* kPrepared = "the cat 's <unk> sat\nthe dog ran .\n";

TEST_CASE("reading: a model of running text reads every file as it is") {
  const Folder folder;
  const std::string model = folder.file("m");
  std::string text;
  for (int i = 0; i < 20; ++i) text += kPrepared;
  write(folder.file("train.txt"), text);
  for (const char* how : {"--stream", "--chars"}) {
    (void)output_of(train_on(folder.file("train.txt"), model, {how}));
    write(folder.file("a.txt"), kPrepared);
    write(folder.file("a.csv"), kPrepared);
    write(folder.file("a"), kPrepared);
    const std::string loss = loss_of(model, {"--data", folder.file("a.txt")});
    CHECK(loss_of(model, {"--data", folder.file("a.csv")}) == loss);
    CHECK(loss_of(model, {"--data", folder.file("a")}) == loss);
    write(folder.file("table"), "body\n\"the cat 's <unk> sat\"\n\"the dog ran .\"\n");
    CHECK(loss_of(model, {"--data", folder.file("table"), "--read", "csv"}) == loss);
  }
  // Held out and tested files as well.
  const std::string out = output_of(
      train_on(folder.file("train.txt"), model,
               {"--stream", "--valid", folder.file("a.csv"), "--test", folder.file("a.txt")}));
  const std::string held_out = line_of(out, "epoch  1: held-out loss ");
  CHECK(held_out.substr(24, 8) == line_of(out, "test loss ").substr(10, 8));
}

TEST_CASE("reading: a model of comments takes them apart in every file") {
  const Folder folder;
  const std::string model = folder.file("m");
  const std::string comments = "The cat isn't here.\nThe dog can't run!\n";
  std::string text;
  for (int i = 0; i < 20; ++i) text += comments;
  write(folder.file("train.csv"), "body\n" + text);
  for (const Arguments& how : std::vector<Arguments>{{}, {"--stream"}}) {
    (void)output_of(train_on(folder.file("train.csv"), model, how));
    write(folder.file("a.txt"), comments);
    write(folder.file("a.csv"), "id,Text\n1,The cat isn't here.\n2,The dog can't run!\n");
    write(folder.file("a.tsv"), "id\ttext\n1\tThe cat isn't here.\n2\tThe dog can't run!\n");
    const std::string loss = loss_of(model, {"--data", folder.file("a.txt")});
    CHECK(loss_of(model, {"--data", folder.file("a.csv")}) == loss);
    CHECK(loss_of(model, {"--data", folder.file("a.tsv")}) == loss);
    std::filesystem::rename(folder.file("a.csv"), folder.file("b"));
    CHECK(loss_of(model, {"--data", folder.file("b"), "--read", "csv"}) == loss);
  }
}

TEST_CASE("reading: --held-out measures on what the training held out") {
  const Folder folder;
  const std::string model = folder.file("m");
  std::string text;
  for (int i = 0; i < 200; ++i) text += fmt::format("number {} is not {} .\n", i % 7, i % 11);
  write(folder.file("text"), text);
  std::string line = text;
  std::ranges::replace(line, '\n', ' ');
  write(folder.file("line"), line);
  for (const auto& [data, more] : std::vector<std::pair<std::string, Arguments>>{
           {"text", {}},
           {"text", {"--first", "50", "--held-out", "0.3"}},
           {"text", {"--stream"}},
           {"line", {"--stream"}},
           {"line", {"--chars"}}}) {
    const std::string& named = data;
    CAPTURE(named);
    const std::string out = output_of(train_on(folder.file(data), model, more));
    const std::string trained = line_of(out, "epoch  1: held-out loss ");
    CHECK(loss_of(model, {"--held-out"}) ==
          fmt::format("loss: {:.4f} nats per {}", std::stod(trained.substr(24)),
                      more == Arguments{"--chars"} ? "character" : "word"));
  }
  write(folder.file("line"), line + "more");
  const Run other = run({"eval", "--load", model, "--held-out"});
  CHECK(other.status == 1);
  CHECK(other.err == "wordlm: " + model + ": " + folder.file("line") +
                         " no longer holds the text this model was trained on\n");
}

TEST_CASE("reading: of running text the last tenth of the words is held out, in one line too") {
  const Folder folder;
  std::string words;
  for (int i = 0; i < 1000; ++i) words += fmt::format("{} ", i % 50);
  write(folder.file("line"), words);
  const std::string out =
      output_of(train_on(folder.file("line"), folder.file("m"), {"--stream", "--held-out", "0.1"}));
  // 1001 words with the end of the line, of which 100 are held out and one is left over.
  CHECK(out.find("streams: 2 of 450 words, in pieces of 20; the last 1 word of the text not") !=
        std::string::npos);
  const std::string evaluated = output_of({"eval", "--load", folder.file("m"), "--held-out"});
  CHECK(line_of(evaluated, "words: ").starts_with("words: 100, "));
}

TEST_CASE("reading: a model of a file is not measured on built-in comments in silence") {
  const Folder folder;
  const std::string model = folder.file("m");
  write(folder.file("text"), "The cat sat.\nThe dog ran.\n");
  (void)output_of(train_on(folder.file("text"), model));
  const Run result = run({"eval", "--load", model});
  CHECK(result.status == 1);
  CHECK(result.err == "wordlm: " + model + ": was trained on " + folder.file("text") +
                          "; --data names a text to measure on, --held-out is the part of that one "
                          "it was not trained on\n");
}

TEST_CASE("reading: rare words train UNKNOWN_TOKEN") {
  const Folder folder;
  const std::string model = folder.file("m");
  std::string text;
  for (int i = 0; i < 600; ++i) text += fmt::format("The cat saw name{} .\n", i);
  write(folder.file("text"), text);
  const std::string out = output_of(train_on(folder.file("text"), model, {"--lr", "0.5"}, "3"));
  CHECK(out.find(
            "note: words of the text that stand for UNKNOWN_TOKEN, too rare or marked so: 540\n") !=
        std::string::npos);
  const std::string scored = output_of({"score", "--load", model, "The cat saw zzz ."});
  CHECK(scored.find("UNKNOWN_TOKEN, which stood for 540 rare words of its training text;") !=
        std::string::npos);
  // Six words, of which the fourth is never known and yet expected.
  CHECK(std::stod(scored.substr(scored.find('\n') + 1)) > -3);

  CHECK(output_of(train_on(folder.file("text"), model, {"--min-count", "1"}, "0"))
            .find("note: no word of the text stands for UNKNOWN_TOKEN") != std::string::npos);
}

}  // namespace
}  // namespace wordlm
