/// Options of `wordlm train` that choose what is read, what is trained, and how.
#include <doctest/doctest.h>

#include <fmt/format.h>
#include <unroll/core/safetensors.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "run_program.h"
#include "wordlm/presets.h"

namespace wordlm {
namespace {

using Arguments = std::vector<std::string>;

Arguments train(const Arguments& more) {
  Arguments all = {"train", "--samples", "0"};
  if (std::ranges::find(more, "--data") == more.end() &&
      std::ranges::find(more, "--load") == more.end()) {
    all.insert(all.end(), {"--comments", "60"});
  }
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string check_success(const Arguments& arguments) {
  const Run result = run(arguments);
  CHECK(result.status == 0);
  CHECK(result.err == "");
  return result.out;
}

void check_failure(const Arguments& arguments, int status, const std::string& message) {
  CAPTURE(message);
  const Run result = run(arguments);
  CHECK(result.status == status);
  const std::string hint = "\nRun with --help for more information.\n";
  CHECK(result.err == (status == 2 ? message + hint : "wordlm: " + message + "\n"));
  CHECK(result.out == "");
}

nlohmann::json settings_of(const std::string& file) {
  return nlohmann::json::parse(unroll::load_safetensors(file).metadata.at("wordlm.settings"));
}

TEST_CASE("options that do not go together are refused in a sentence") {
  check_failure(train({"--tie"}), 1,
                "--tie makes the word vectors the output's weights: --embedding 64 and --hidden "
                "128 have to be the same");
  check_failure(train({"--tie", "--embedding", "0"}), 1,
                "--tie makes the word vectors the output's weights; --embedding 0 has none");
  check_failure(train({"--dropout", "0.5", "--bptt", "4"}), 1,
                "--dropout and --bptt go together only with --stream: cut at every word, a "
                "sentence has no one mask");
  check_failure(train({"--stream", "--bptt", "0"}), 1,
                "running text is read in pieces of --bptt steps: 0 steps are too few");
  check_failure(train({"--chars", "--vocabulary", "50"}), 1,
                "every character there is is read; --vocabulary cannot leave any out");
  check_failure(train({"--schedule", "step"}), 1,
                "--schedule step multiplies every --hold epochs: 0 are too few");
  check_failure(train({"--tokens", "byte", "--chars"}), 2, "--tokens excludes --chars");
  check_failure(train({"--dropout", "1"}), 2,
                "--dropout: expected a number from 0 to below 1, found '1'");
  check_failure(train({"--clip-value", "-1"}), 2,
                "--clip-value: expected 0 or a number above, found '-1'");
  check_failure(train({"--factor", "1.5"}), 2,
                "--factor: expected a number above 0, at most 1, found '1.5'");
  check_failure(train({"--seed", "-1"}), 2, "--seed: expected a number of 0 or above, found '-1'");
  check_failure({"sample", "--load", "m", "--seed", "-1"}, 2,
                "--seed: expected a number of 0 or above, found '-1'");
  check_failure(train({"--seed", ""}), 2, "--seed: expected a number of 0 or above, found ''");
  check_failure(train({"--seed", "99999999999999999999999"}), 2,
                "--seed: expected a number of at most 18446744073709551615, found "
                "'99999999999999999999999'");
  check_failure(train({"--init", "zeros"}), 2,
                "--init: no initial weights 'zeros'; there are: fan-in, glorot, orthogonal, "
                "uniform:0.1");
  check_failure(train({"--schedule", "linear"}), 2,
                "--schedule: no schedule 'linear'; there are: constant, halve, decay, step, "
                "cosine");
  const Run cell = run(train({"--cell", "lstn"}));
  CHECK(cell.status == 2);
  CHECK(cell.err.starts_with("--cell: no cell 'lstn'; is lstm meant? there are: rnn, "));
  const Run optimizer = run(train({"--optimizer", "sgdd"}));
  CHECK(optimizer.status == 2);
  CHECK(optimizer.err.starts_with("--optimizer: no optimizer 'sgdd'; there are: sgd, "));
}

TEST_CASE("a preset is the options that it prints") {
  const Folder folder;
  const std::string out = check_success({"presets"});
  for (const Preset& preset : all_presets()) {
    CAPTURE(preset.name);
    CHECK(has(out, fmt::format("{}: ", preset.name)));
    const std::vector<std::string> options = options_of(preset.settings);
    CHECK(has(out, fmt::format("\n  {}\n", fmt::join(options, " "))));
    // Small, so that it takes no time: what is given besides overrides the preset.
    const auto settings_with = [&](Arguments arguments) {
      arguments.insert(arguments.end(), {"--epochs", "0", "--hidden", "4", "--layers", "1"});
      if (preset.settings.model.embedding > 0) {
        arguments.insert(arguments.end(), {"--embedding", "4"});
      }
      arguments.insert(arguments.end(), {"--save", folder.file("m")});
      check_success(train(arguments));
      return settings_of(folder.file("m"));
    };
    Arguments last_given = options;  // one value an option: the program takes no two
    const auto drop = [&](const char* option) {
      const auto at = std::ranges::find(last_given, option);
      if (at != last_given.end()) last_given.erase(at, at + 2);
    };
    for (const char* option : {"--epochs", "--hidden", "--layers"}) drop(option);
    if (preset.settings.model.embedding > 0) drop("--embedding");
    const auto by_preset = settings_with({"--preset", std::string(preset.name)});
    CHECK(by_preset == settings_with(last_given));
    CHECK(by_preset["model"]["hidden"] == 4);
    CHECK(by_preset["model"]["cell"] == preset.settings.model.cell);
  }
  check_failure({"train", "--preset", "zaremba"}, 2,
                "--preset: no preset 'zaremba'; there are: zaremba-small, zaremba-medium, "
                "zaremba-large, wildml, wildml-gru, char-rnn");
}

TEST_CASE("a preset gives way wherever it stands on the line") {
  const Folder folder;
  const Arguments after = {"--preset", "zaremba-small", "--bptt", "7",           "--epochs",
                           "0",        "--hidden",      "4",      "--embedding", "4",
                           "--save",   folder.file("a")};
  const Arguments before = {
      "--bptt", "7",        "--epochs",      "0",      "--hidden",      "4", "--embedding",
      "4",      "--preset", "zaremba-small", "--save", folder.file("b")};
  check_success(train(after));
  check_success(train(before));
  CHECK(settings_of(folder.file("a")) == settings_of(folder.file("b")));
  CHECK(settings_of(folder.file("b"))["training"]["bptt"] == 7);
}

TEST_CASE("a learning rate belongs to its optimizer") {
  const Folder folder;
  const auto training_of = [&](Arguments arguments) {
    arguments.insert(arguments.end(),
                     {"--epochs", "0", "--hidden", "4", "--save", folder.file("m")});
    check_success(train(arguments));
    return settings_of(folder.file("m"))["training"];
  };
  CHECK(training_of({})["learning_rate"] == 1);
  CHECK(training_of({"--optimizer", "sgd"})["learning_rate"] == 0.1);
  CHECK(training_of({"--optimizer", "adamw"})["learning_rate"] == 0.001);
  CHECK(training_of({"--optimizer", "adamw"})["weight_decay"] == 0.01);
  CHECK(training_of({"--optimizer", "adamw", "--weight-decay", "0"})["weight_decay"] == 0);
  CHECK(training_of({"--optimizer", "adam", "--lr", "0.5"})["learning_rate"] == 0.5);
  CHECK(training_of({"--preset", "wildml", "--optimizer", "adam"})["learning_rate"] == 0.001);
  CHECK(training_of({"--preset", "wildml"})["learning_rate"] == 0.005);
  CHECK(training_of({"--optimizer", "sgd", "--preset", "wildml"})["learning_rate"] == 0.005);
}

TEST_CASE("running text: read as it is, in streams, with files of its own to measure on") {
  const Folder folder;
  std::string text;
  for (int i = 0; i < 50; ++i) text += "the Cat <unk> sat on\tthe  mat N .\n \n";
  const TemporaryFile train_file(".txt", text);
  const TemporaryFile valid(".txt", "the Cat sat on the dog\n");
  const std::string model = folder.file("m");
  const std::string out = check_success({"train",     "--stream",   "--data",   train_file.path(),
                                         "--valid",   valid.path(), "--test",   valid.path(),
                                         "--batch",   "3",          "--bptt",   "7",
                                         "--hidden",  "4",          "--epochs", "1",
                                         "--samples", "1",          "--save",   model});
  for (const std::string& part : std::vector<std::string>{
           train_file.path() + ": 50 lines, 500 words and ends of lines\n",
           "held out: " + valid.path() + ": 1 line, 7 words and ends of lines\n",
           "test: " + valid.path() + ": 1 line, 7 words and ends of lines\n",
           // Two special words and the, Cat, sat, on, mat, N, . : <unk> is one of the special ones.
           std::string("450 words in 50 sentences, 7 distinct; 9 ids"),
           std::string("streams: 3 of 166 words, in pieces of 7; the last 2 words of the text not "
                       "trained on\n"),
           std::string("ln(9) = 2.1972"), std::string("epoch  1: held-out loss "),
           std::string("\ntest loss ")}) {
    CAPTURE(part);
    CHECK(has(out, part));
  }
  const std::string evaluated = check_success({"eval", "--load", model, "--data", valid.path()});
  CHECK(has(evaluated, "words: 7, ends of sentences included; 1 unknown to the model (14.3 %)\n"));
  const std::string scored = check_success({"score", "--load", model, "the Cat", "the cat"});
  CHECK(has(scored, "       0  the Cat\n"));
  CHECK(has(scored, "       1  the cat\n"));

  // Without a file of its own, the last part of the text is held out.
  const TemporaryFile order(".txt", "a\na\na\na\na\na\na\na\nb\nb\n");
  const std::string cut =
      check_success({"train", "--stream", "--data", order.path(), "--held-out", "0.2", "--batch",
                     "1", "--hidden", "4", "--epochs", "0", "--samples", "0"});
  CHECK(has(cut, "8 words in 8 sentences, 1 distinct; 3 ids"));
  check_failure({"train", "--stream", "--data", "/nowhere.txt"}, 1,
                "/nowhere.txt: cannot be opened: No such file or directory");
  const Run small = run({"train", "--stream", "--data", order.path(), "--batch", "100"});
  CHECK(small.status == 1);
  CHECK(small.err ==
        "wordlm: a text of 18 words cannot be divided into 100 streams; a smaller "
        "--batch helps\n");
}

TEST_CASE("a text of characters, line feeds among them") {
  const Folder folder;
  const TemporaryFile text(".txt", "añb\n\n  b\n");
  const std::string model = folder.file("m");
  const std::string out = check_success({"train", "--chars", "--data", text.path(), "--held-out",
                                         "0", "--batch", "1", "--bptt", "3", "--hidden", "4",
                                         "--epochs", "1", "--samples", "2", "--save", model});
  CHECK(has(out, ": 3 lines, 9 characters and ends of lines\n"));
  CHECK(has(out, "vocabulary: 6 characters in 3 lines, 4 distinct; 5 ids"));
  CHECK(has(out, "ln(5) = 1.6094"));
  CHECK(has(out, "\n2 texts it writes:\n"));
  const std::string sampled =
      check_success({"sample", "--load", model, "--count", "1", "--length", "50"});
  CHECK(std::ranges::count_if(sampled, [](char c) { return (c & 0xC0) != 0x80; }) == 51);
  CHECK(std::ranges::all_of(
      sampled, [](char c) { return std::string_view("añb \n").find(c) != std::string::npos; }));
  CHECK(has(check_success({"eval", "--load", model, "--data", text.path()}),
            "characters: 9, ends of lines included\n"));
  check_failure({"score", "--load", model, "ax"}, 1,
                "'x' is none of the 5 characters the model knows");

  const auto shakespeare = data_path("tinyshakespeare.txt");
  if (!shakespeare) return;
  const std::string known =
      check_success({"train", "--preset", "char-rnn", "--data", *shakespeare, "--held-out", "0.01",
                     "--hidden", "4", "--epochs", "0", "--samples", "0"});
  CHECK(has(known, ": 40000 lines, 1115394 characters and ends of lines\n"));
  CHECK(has(known, "ln(65) = 4.1744"));
}

TEST_CASE("a file of an older program is refused in a sentence") {
  const Folder folder;
  const std::string model = folder.file("m");
  check_success(train({"--epochs", "0", "--hidden", "4", "--save", model}));
  unroll::TensorFile file = unroll::load_safetensors(model);
  file.metadata.erase("wordlm.format");
  unroll::save_safetensors(model, file);
  check_failure({"sample", "--load", model}, 1,
                model +
                    ": a model in format 1 of another version of wordlm, this one reads "
                    "format 4");
}

TEST_CASE("a file that is no text is refused in a sentence") {
  std::string bytes;
  for (int i = 0; i < 1000; ++i)
    bytes += std::string(
        "\x7f"
        "ELF\0\0\0\x90",
        8);
  for (const char* extension : {".txt", ".csv"}) {
    const TemporaryFile binary(extension, bytes);
    for (const char* how : {"--shuffle", "--stream", "--chars"}) {
      check_failure({"train", "--data", binary.path(), how}, 1,
                    binary.path() + ": is no text: 4000 of its 8000 bytes are NUL or no UTF-8");
    }
  }
}

}  // namespace
}  // namespace wordlm
