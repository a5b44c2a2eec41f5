// Where a text comes from and what its units are.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <zlib.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "run_program.h"

namespace wordlm {
namespace {

using Arguments = std::vector<std::string>;

void write(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

void write_packed(const std::string& path, const std::string& text) {
  gzFile file = gzopen(path.c_str(), "wb");
  REQUIRE(gzwrite(file, text.data(), static_cast<unsigned>(text.size())) > 0);
  REQUIRE(gzclose(file) == Z_OK);
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// Runs wordlm and returns its output; the test fails where wordlm does.
std::string output_of(const Arguments& arguments, const std::string& input = "") {
  const Run result = run(arguments, input);
  CAPTURE(fmt::format("{}", fmt::join(arguments, " ")));
  CHECK(result.err == "");
  REQUIRE(result.status == 0);
  return result.out;
}

std::string error_of(const Arguments& arguments, const std::string& input = "") {
  const Run result = run(arguments, input);
  CAPTURE(fmt::format("{}", fmt::join(arguments, " ")));
  CHECK(result.status != 0);
  CHECK(std::ranges::count(result.err, '\n') == (result.status == 2 ? 2 : 1));
  return result.err;
}

Arguments train_on(const Arguments& data, const Arguments& more = {}) {
  Arguments all = {"train", "--samples", "0", "--hidden", "4", "--embedding", "4", "--batch", "2"};
  for (const std::string& path : data) all.insert(all.end(), {"--data", path});
  all.insert(all.end(), {"--epochs", "1"});
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

/// The last loss that a training printed.
std::string loss_in(const std::string& out) {
  const std::size_t at = out.rfind("\nepoch  1: ");
  REQUIRE(at != std::string::npos);
  return out.substr(at, out.find(", while", at) - at);
}

std::string comments_csv() {
  std::string text = "id,body\n";
  for (int i = 0; i < 30; ++i) text += fmt::format("{},\"The cat, isn't {} here.\"\n", i, i % 3);
  return text;
}

std::string comments_jsonl() {
  std::string text;
  for (int i = 0; i < 30; ++i) {
    text += fmt::format("{{\"body\": \"The cat, isn't {} here.\", \"id\": {}}}\n", i % 3, i);
  }
  return text;
}

TEST_CASE("inputs: packed files, standard input and lines of JSON are read like others") {
  const Folder folder;
  write(folder.file("a.csv"), comments_csv());
  write(folder.file("a.jsonl"), comments_jsonl());
  write_packed(folder.file("a.csv.gz"), comments_csv());
  const std::string loss = loss_in(output_of(train_on({folder.file("a.csv")})));
  CHECK(loss_in(output_of(train_on({folder.file("a.csv.gz")}))) == loss);
  CHECK(loss_in(output_of(train_on({folder.file("a.jsonl")}))) == loss);
  CHECK(loss_in(output_of(train_on({"-"}, {"--read", "csv"}), comments_csv())) == loss);
  const std::string out = output_of(
      train_on({folder.file("a.jsonl")}, {"--field", "BODY", "--valid", "-"}), "The dog barks.\n");
  CHECK(
      has(out, "30 comments in column 'body', 30 sentences\nheld out: standard input: 1 comment"));
}

TEST_CASE("inputs: damaged ones are refused in a sentence") {
  const Folder folder;
  const std::string packed = folder.file("a.csv.gz");
  write_packed(packed, comments_csv());
  const std::string whole = content_of(packed);
  write(packed, whole.substr(0, whole.size() / 2));
  CHECK(error_of(train_on({packed})) ==
        "wordlm: " + packed + ": is cut off within what gzip packed\n");
  std::string changed = whole;
  changed[whole.size() / 2] ^= 0x55;
  write(packed, changed);
  CHECK(has(error_of(train_on({packed})), packed + ": is damaged, or not packed by gzip"));

  const std::string lines = folder.file("a.jsonl");
  write(lines, comments_jsonl() + "{\"body\": 5}\n" + comments_jsonl());
  CHECK(error_of(train_on({lines})) ==
        "wordlm: " + lines +
            ":31: expected a text as 'body', found number; --skip-bad-rows leaves such records "
            "out\n");
  const std::string out = output_of(train_on({lines}, {"--skip-bad-rows"}));
  CHECK(has(out, "60 comments in column 'body'"));
  CHECK(has(out, "note: 1 broken row left out"));
  CHECK(error_of(train_on({lines}, {"--field", "text"})) ==
        "wordlm: " + lines + ": has no column 'text'; its header names 1 column: 'body'\n");
  CHECK(has(error_of(train_on({"-", "-"})), "standard input, '-', can be read only once"));
}

TEST_CASE("inputs: several files are one text") {
  const Folder folder;
  write(folder.file("a.csv"), "body\nOne cat.\nTwo cats.\n");
  write(folder.file("b.txt"), "Three cats.\n");
  const std::string out = output_of(train_on({folder.file("a.csv"), folder.file("b.txt")}));
  CHECK(has(out, "a.csv: 2 comments in column 'body', 2 sentences\n"));
  CHECK(has(out, "b.txt: 1 comment, 1 sentence\n"));
  CHECK(has(out, "9 words in 3 sentences"));
  CHECK(has(error_of(train_on({folder.file("a.csv"), folder.file("b.txt")}, {"--stream"})),
            "--read says how all of them are read"));
}

TEST_CASE("inputs: options that say nothing about a file are refused") {
  const Folder folder;
  write(folder.file("a.txt"), "One cat.\n");
  write(folder.file("a.tsv"), "body\nOne cat.\n");
  const auto refused = [&](const char* file, const Arguments& more) {
    return error_of(train_on({folder.file(file)}, more));
  };
  CHECK(has(refused("a.txt", {"--column", "body"}), "--column is for tables"));
  CHECK(has(refused("a.txt", {"--skip-bad-rows"}), "--skip-bad-rows is for tables"));
  CHECK(has(refused("a.tsv", {"--delimiter", ";"}), "--delimiter is for csv"));
  CHECK(has(refused("a.txt", {"--read", "text"}), "--read text is running text"));
  CHECK(has(refused("a.txt", {"--stream", "--first", "3"}), "--first counts sentences"));
  CHECK(has(refused("a.txt", {"--chars", "--min-count", "2"}), "--min-count is for words"));
  CHECK(has(refused("a.txt", {"--tokens", "char", "--keep-case"}), "--keep-case is for words"));
  CHECK(has(refused("a.txt", {"--keep", "2"}), "--keep requires --save"));
  CHECK(has(refused("a.txt", {"--save-every", "2"}), "--save-every requires --save"));
}

TEST_CASE("units: pieces, bytes and characters, of running text and of comments") {
  const Folder folder;
  const std::string model = folder.file("m");
  std::string text;
  for (int i = 0; i < 30; ++i) text += "The thing that they think.\nÜber naïve cafés?\n";
  write(folder.file("a.txt"), text);
  for (const std::string tokens : {"bpe", "byte", "char"}) {
    for (const bool running : {false, true}) {
      CAPTURE(tokens);
      CAPTURE(running);
      Arguments how = {"--tokens", tokens, "--save", model};
      if (running) how.emplace_back("--stream");
      if (tokens == "bpe") how.insert(how.end(), {"--vocabulary", "280"});
      const std::string out = output_of(train_on({folder.file("a.txt")}, how));
      const std::string loss = loss_in(out);
      const std::string evaluated = output_of({"eval", "--load", model, "--held-out"});
      // The same number, to the digits that both print.
      CHECK(has(evaluated,
                fmt::format("loss: {:.4f} nats", std::stod(loss.substr(loss.find("loss ") + 5)))));
      const std::string sampled =
          output_of({"sample", "--load", model, "--prompt", "The Üb", "--count", "1"});
      CHECK(has(sampled, "The Üb"));
      const auto line = nlohmann::json::parse(
          output_of({"score", "--load", model, "--json", "--words", "The thing."}));
      std::string together;
      double sum = 0;
      for (const auto& word : line["words"]) {
        together += word["word"];
        sum += word["log_probability"].get<double>();
      }
      CHECK(together == (running ? "The thing.\\n" : "The thing.SENTENCE_END"));
      CHECK(sum == doctest::Approx(line["log_probability"].get<double>()));
    }
  }
}

TEST_CASE("units: Chinese needs no option") {
  const Folder folder;
  std::string text;
  for (int i = 0; i < 40; ++i) text += "今天天气很好。我们去公园！\n";
  write(folder.file("a.txt"), text);
  const std::string model = folder.file("m");
  const std::string out = output_of(train_on({folder.file("a.txt")}, {"--save", model}));
  CHECK(has(out, "note: a script without blanks between words: its characters are the tokens"));
  CHECK(has(out, "40 comments, 80 sentences"));
  CHECK(has(out, "472 characters in 72 sentences, 12 distinct"));
  CHECK(has(output_of({"score", "--load", model, "--words", "天气"}), "  天\n"));
  // Who says that words are wanted gets words.
  CHECK(has(output_of(train_on({folder.file("a.txt")}, {"--tokens", "word"})), "words in 72"));
}

TEST_CASE("units: words keep their case on request, in every command") {
  const Folder folder;
  const std::string model = folder.file("m");
  std::string text;
  for (int i = 0; i < 20; ++i) text += "The NASA cat.\nthe nasa cat.\n";
  write(folder.file("a.txt"), text);
  CHECK(has(output_of(train_on({folder.file("a.txt")}, {"--keep-case", "--save", model})),
            "6 distinct"));
  CHECK(has(output_of({"score", "--load", model, "--words", "The NASA"}), "  NASA\n"));
  CHECK(has(output_of(train_on({folder.file("a.txt")})), "4 distinct"));
}

TEST_CASE("a training that goes on with another text to measure on looks for the best anew") {
  const Folder folder;
  const std::string model = folder.file("m");
  std::string text;
  for (int i = 0; i < 40; ++i) text += "One cat sat.\nTwo dogs ran.\n";
  write(folder.file("a.txt"), text);
  write(folder.file("b.txt"), "Two dogs sat.\n");
  write(folder.file("c.txt"), "One cat ran.\n");
  (void)output_of(
      train_on({folder.file("a.txt")}, {"--save", model, "--valid", folder.file("c.txt")}));
  const std::string on = output_of({"train", "--load", model, "--save", model, "--epochs", "2",
                                    "--samples", "0", "--valid", folder.file("b.txt")});
  CHECK(
      has(on, "note: losses are now measured on another text; the best model is looked for anew"));
  CHECK(has(on, "\nepoch  1: held-out loss "));
  CHECK(has(on, "\nepoch  2: held-out loss "));
  CHECK_FALSE(has(on, "these are not the sentences"));
}

TEST_CASE("score: words, JSON and order") {
  const Folder folder;
  const std::string model = folder.file("m");
  write(folder.file("a.txt"), "one cat\none cat\none dog\n");
  (void)output_of(train_on({folder.file("a.txt")}, {"--save", model}));
  const std::string words = output_of({"score", "--load", model, "--words", "one zebra"});
  CHECK(has(words, "  one\n"));
  CHECK(has(words, "  zebra\n"));
  CHECK(has(words, "  SENTENCE_END\n"));
  CHECK(has(words, "  in all: one zebra\n"));
  const std::string lines = output_of({"score", "--load", model, "--json", "--rank"},
                                      "one zebra one zebra\none cat\n\none\n");
  std::istringstream in(lines);
  double last = 0;
  int count = 0;
  for (std::string line; std::getline(in, line); ++count) {
    const double log_probability = nlohmann::json::parse(line)["log_probability"].get<double>();
    CHECK(log_probability <= last);
    last = log_probability;
  }
  CHECK(count == 3);
}

TEST_CASE("sample: a prompt's unknown words are named, a beam is sorted") {
  const Folder folder;
  const std::string model = folder.file("m");
  (void)output_of({"train", "--comments", "60", "--hidden", "8", "--epochs", "2", "--samples", "0",
                   "--save", model});
  const std::string prompted =
      output_of({"sample", "--load", model, "--count", "2", "--prompt", "the zyx"});
  CHECK(has(prompted, "note: unknown to the model, which reads UNKNOWN_TOKEN instead: 'zyx'\n"));
  CHECK(has(prompted, "\n  The UNKNOWN_TOKEN "));
  const std::string beam = output_of({"sample", "--load", model, "--beam", "3"});
  CHECK(std::ranges::count(beam, '\n') == 4);
  CHECK(has(error_of({"sample", "--load", model, "--beam", "3", "--top-k", "2"}),
            "--top-k excludes --beam"));
  // Of the one likeliest word there is only one sentence.
  const std::string same =
      output_of({"sample", "--load", model, "--top-k", "1", "--count", "2", "--max-words", "9"});
  const std::size_t half = same.size() / 2;
  CHECK(same.substr(0, half) == same.substr(half));
}

TEST_CASE("options from a file, and written as one") {
  const Folder folder;
  const std::string file = folder.file("c.toml");
  const Arguments given = {"train", "--hidden", "9", "--in-order", "--comments",
                           "50",    "--epochs", "0", "--samples",  "0"};
  Arguments printing = given;
  printing.emplace_back("--print-config");
  write(file, output_of(printing));
  CHECK(output_of({"--config", file, "train"}) == output_of(given));
  CHECK(has(output_of({"train", "--config", file, "--hidden", "5"}), "lstm of 1 x 5,"));
  write(file, "[train]\nhiden = 3\n");
  const Run wrong = run({"train", "--config", file});
  CHECK(wrong.status == 2);
  CHECK(has(wrong.err, "hiden"));
}

TEST_CASE("a quiet training says its results only") {
  const Run result = run(
      {"train", "--quiet", "--comments", "60", "--hidden", "4", "--epochs", "1", "--samples", "1"});
  CHECK(result.status == 0);
  CHECK(result.err == "");
  CHECK_FALSE(has(result.out, "epoch"));
  CHECK(has(result.out, "1 sentence it writes:\n"));
}

}  // namespace
}  // namespace wordlm
