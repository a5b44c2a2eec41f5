#include <doctest/doctest.h>
#include <sys/stat.h>

#include <algorithm>
#include <string>
#include <vector>

#include "run_program.h"

namespace wordlm {
namespace {

using Arguments = std::vector<std::string>;

/// Arguments of a training that takes no time, and more of them.
Arguments train(const Arguments& more = {}) {
  Arguments all = {"train", "--comments", "60", "--hidden", "8", "--samples", "2"};
  all.insert(all.end(), more.begin(), more.end());
  if (std::ranges::find(all, "--epochs") == all.end()) {
    all.insert(all.end(), {"--epochs", "1"});
  }
  return all;
}

Arguments train_on(const std::string& data, const Arguments& more = {}) {
  Arguments all = {"train", "--data", data, "--hidden", "8", "--samples", "2", "--epochs", "1"};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::int64_t lines(const std::string& text) { return std::ranges::count(text, '\n'); }

/// Nothing but text and line feeds.
bool is_plain(const std::string& text) {
  return std::ranges::none_of(
      text, [](char c) { return static_cast<unsigned char>(c) < 32 && c != '\n'; });
}

void check_success(const Run& run) {
  CHECK(run.status == 0);
  CHECK(run.err == "");
  CHECK(is_plain(run.out));
}

/// One sentence on standard error and status 1.
void check_failure(const Arguments& arguments, const std::string& message) {
  const Run result = run(arguments);
  CHECK(result.status == 1);
  CHECK(result.err == "wordlm: " + message + "\n");
}

/// An option that cannot be: status 2 before anything is done.
void check_refusal(const Arguments& arguments, const std::string& message) {
  const Run result = run(arguments);
  CHECK(result.status == 2);
  CHECK(result.out == "");
  CHECK(result.err == message + "\nRun with --help for more information.\n");
}

TEST_CASE("wordlm --help names every option of every command") {
  const auto check = [](const Arguments& arguments, const Arguments& options) {
    const Run result = run(arguments);
    check_success(result);
    for (const std::string& option : options) {
      CAPTURE(option);
      CHECK(has(result.out, option));
    }
  };
  check({"--help"},
        {"train", "sample", "eval", "score", "presets", "--threads", "Without a command"});
  check({"train", "--help"}, {"--data",         "--column",         "--valid",
                              "--test",         "--stream",         "--chars",
                              "--comments",     "--first",          "--held-out",
                              "--vocabulary",   "--preset",         "--cell",
                              "--hidden",       "--layers",         "--embedding",
                              "--tie",          "--bias",           "--forget-bias",
                              "--init",         "--double",         "--seed",
                              "--epochs",       "--batch",          "--bptt",
                              "--shuffle",      "--in-order",       "--dropout",
                              "--weight-decay", "--clip ",          "--clip-value",
                              "--patience",     "--optimizer",      "--lr",
                              "--schedule",     "--factor",         "--hold",
                              "--warm-up",      "--load",           "--save ",
                              "--save-start",   "--save-sentences", "--samples",
                              "--log",          "--save-every",     "--keep",
                              "--read",         "--delimiter",      "--min-count",
                              "--anomaly",      "--threads",        "Text:",
                              "Model:",         "Training:",        "lstm",
                              "mingru",         "adadelta",         "cosine"});
  check({"sample", "--help"}, {"--load", "--count", "--temperature", "--min-words", "--max-words",
                               "--length", "--seed", "--threads"});
  check({"eval", "--help"}, {"--load", "--data", "--column", "--threads"});
  check({"score", "--help"}, {"--load", "--rank", "sentences", "--threads"});
  check({"info", "--help"}, {"model"});
  check({"plot", "--help"}, {"logs", "--output"});
  check({"--version"}, {"wordlm 0."});
}

TEST_CASE("train, save, sample, evaluate, score, go on") {
  const Folder folder;
  const std::string model = folder.file("m");
  const Run trained = run(train({"--save", model, "--epochs", "2", "--cell", "gru"}));
  check_success(trained);
  for (const char* part :
       {"built-in comments: 60 comments, 109 sentences\n", "model: gru of 1 x 8, embedding 64: ",
        "the loss to expect before training: ln(356) = 5.8749\n",
        "the loss no model can beat: 1.8044 in the long run, ", "\nepoch  0: held-out loss 5.8",
        "\nepoch  1: held-out loss 5.", "\nepoch  2: held-out loss 5.",
        "2 sentences it writes:\n  "}) {
    CAPTURE(part);
    CHECK(has(trained.out, part));
  }
  CHECK(has(trained.out, "\nsaved: " + model + "\n"));
  CHECK(folder.entries() == 1);

  const Run sampled = run({"sample", "--load", model, "--count", "5", "--seed", "3"});
  check_success(sampled);
  CHECK(lines(sampled.out) == 5);
  CHECK(run({"sample", "--load", model, "--count", "5", "--seed", "3"}).out == sampled.out);
  CHECK(run({"sample", "--load", model, "--count", "5", "--seed", "4"}).out != sampled.out);
  CHECK(
      sampled.out.starts_with(run({"sample", "--load", model, "--count", "2", "--seed", "3"}).out));
  CHECK(run({"sample", "--load", model, "--count", "0"}).out == "");

  const Run info = run({"info", model});
  check_success(info);
  for (const char* part :
       {": its checksums are right\nmodel: gru of 1 x 8, embedding 64: ",
        "\ntext: built-in comments\nvocabulary: 356 ids, of which 356 have a word\n",
        "\ntrained: 2 of 2 epochs and 0 batches, ", ", the best\n", "--cell gru --hidden 8"}) {
    CAPTURE(part);
    CHECK(has(info.out, part));
  }

  const Run evaluated = run({"eval", "--load", model});
  check_success(evaluated);
  CHECK(has(evaluated.out, "built-in comments: 6 comments, "));
  CHECK(has(evaluated.out, "\nloss: 5."));
  // Neither the comments of seed 1 nor those of its test: those a training with seed 2 tests on.
  const std::string out = run(train({"--seed", "2", "--epochs", "0"})).out;
  const std::size_t floor = out.find("the loss no model can beat: ");
  REQUIRE(floor != std::string::npos);
  CHECK(has(evaluated.out, out.substr(floor, out.find('\n', floor) - floor)));
  CHECK(has(evaluated.out, " nats per word\nperplexity: "));

  const Run scored = run({"score", "--load", model, "The cat is late.", "zzz zzz"});
  check_success(scored);
  CHECK(lines(scored.out) == 4);
  CHECK(scored.out.starts_with("     log p   per word  unknown  sentence\n"));
  CHECK(has(scored.out, "  The cat is late.\n"));
  CHECK(has(scored.out, "note: words unknown to the model all count as UNKNOWN_TOKEN"));
  CHECK(run({"score", "--load", model}, "The cat is late.\r\n\n  \nzzz zzz").out == scored.out);
  const Run ranked = run({"score", "--load", model, "--rank", "zzz zzz . . . . .", "cat"});
  CHECK(ranked.out.find("  cat\n") < ranked.out.find("  zzz zzz"));

  // The file says all about the model: four epochs at once are the same.
  const Run more = run({"train", "--load", model, "--save", model, "--epochs", "4"});
  check_success(more);
  CHECK_FALSE(has(more.out, "epoch  2:"));
  CHECK(has(more.out, "\nepoch  3: held-out loss "));
  const std::string whole = folder.file("whole");
  check_success(run(train({"--save", whole, "--epochs", "4", "--cell", "gru"})));
  CHECK(content_of(model) == content_of(whole));

  const Run nothing = run({"train", "--load", model, "--samples", "0"});
  check_success(nothing);
  CHECK(has(nothing.out, "note: 4 epochs are complete already; --epochs 5 would train another\n"));
}

TEST_CASE("train: writes curves, samples and reports where asked to") {
  const Folder folder;
  check_success(run(train({"--save-start", folder.file("start"), "--save-sentences",
                           folder.file("ids"), "--first", "20", "--save", folder.file("m")})));
  check_success(run({"sample", "--load", folder.file("start")}));
  CHECK(content_of(folder.file("start")) != content_of(folder.file("m")));
  const std::string ids = content_of(folder.file("ids"));
  CHECK(lines(ids) == 20);
  CHECK(ids.starts_with("0 "));
  CHECK(ids.ends_with(" 1\n"));
  CHECK(folder.entries() == 3);

  const std::string none = folder.file("none");
  check_success(run(train({"--epochs", "0", "--save", none})));
  check_success(run({"sample", "--load", none}));
}

TEST_CASE("with --load only some options may be given") {
  const Folder folder;
  const std::string model = folder.file("m");
  CHECK(run(train({"--save", model})).status == 0);
  for (const Arguments& fixed : std::vector<Arguments>{{"--vocabulary", "50"},
                                                       {"--cell", "rnn"},
                                                       {"--hidden", "8"},
                                                       {"--layers", "1"},
                                                       {"--embedding", "64"},
                                                       {"--bias", "on"},
                                                       {"--double"},
                                                       {"--comments", "60"},
                                                       {"--first", "3"},
                                                       {"--held-out", "0.2"},
                                                       {"--batch", "32"},
                                                       {"--bptt", "3"},
                                                       {"--schedule", "step"},
                                                       {"--preset", "wildml"},
                                                       {"--stream"},
                                                       {"--chars"},
                                                       {"--tie"},
                                                       {"--init", "glorot"},
                                                       {"--forget-bias", "1"},
                                                       {"--dropout", "0.5"},
                                                       {"--optimizer", "adam"},
                                                       {"--weight-decay", "0"},
                                                       {"--clip-value", "1"},
                                                       {"--factor", "0.5"},
                                                       {"--hold", "1"},
                                                       {"--warm-up", "1"},
                                                       {"--patience", "1"},
                                                       {"--clip", "1"},
                                                       {"--in-order"},
                                                       {"--seed", "1"}}) {
    CAPTURE(fixed[0]);
    Arguments all = {"train", "--load", model};
    all.insert(all.end(), fixed.begin(), fixed.end());
    const Run result = run(all);
    CHECK(result.status == 2);
    CHECK(has(result.err, ": cannot be changed with --load\n"));
  }
  const TemporaryFile other(".csv", "id,text\n1,the cat .\n2,the dog .\n");
  const Run moved = run({"train", "--load", model, "--data", other.path(), "--column", "text",
                         "--lr", "0.1", "--epochs", "2", "--samples", "0"});
  check_success(moved);
  CHECK(has(moved.out,
            "note: these are not the sentences this model was trained on so far; its "
            "current epoch begins anew\n"));
  CHECK(has(moved.out, "\nepoch  1: training loss "));
  CHECK(has(moved.out, "\nepoch  2: training loss "));
  CHECK_FALSE(has(moved.out, "the loss has risen"));

  // The column of one file means nothing in another.
  const TemporaryFile third(".csv", "id,body\n1,the cow .\n");
  CHECK(run(train_on(other.path(), {"--column", "text", "--save", model})).status == 0);
  check_success(run({"train", "--load", model, "--data", third.path()}));
}

TEST_CASE("options that make no sense are refused") {
  check_refusal({"trian"}, "The following argument was not expected: trian");
  check_refusal(train({"--lr", "nan"}), "--lr: expected a number above 0, found 'nan'");
  check_refusal(train({"--clip", "inf"}), "--clip: expected 0 or a number above, found 'inf'");
  check_refusal(train({"--held-out", "nan"}),
                "--held-out: expected 0 or a number above, found 'nan'");
  check_refusal(train({"--batch", "0"}), "--batch: Value 0 not in range 1 to 100000");
  check_refusal(train({"--vocabulary", "3"}), "--vocabulary: Value 3 not in range 4 to 10000000");
  check_refusal({"sample"}, "--load is required");
  check_refusal({"sample", "--load", "m", "--min-words", "50"},
                "--min-words: no sentence has at least 50 and at most 40 words");
  check_refusal({"sample", "--load", "m", "--max-words", "3"},
                "--max-words: no sentence has at least 4 and at most 3 words");
  check_refusal({"eval", "--load", "m", "--column", "2"}, "--column requires --data");
  CHECK(run({"train", "--data", "x.txt", "--comments", "9"}).status == 2);
  CHECK(run(train({"--cell", "lstn"})).status == 2);
  CHECK(run(train({"--hidden", "many"})).status == 2);
  check_refusal(train({"--lr", "0"}), "--lr: expected a number above 0, found '0'");
  check_refusal(train({"--bptt", "-1"}), "--bptt: expected 0 or a number above, found '-1'");
  check_refusal(train({"--first", "-1"}), "--first: expected 0 or a number above, found '-1'");
  check_refusal({"sample", "--load", "m", "--temperature", "nan"},
                "--temperature: expected a number above 0, found 'nan'");
}

TEST_CASE("wordlm: a file that is no model is refused by every command") {
  const TemporaryFile text(".txt", "The cat sat on the mat.\n");
  for (const char* command : {"sample", "eval", "score", "train"}) {
    CAPTURE(command);
    check_failure({command, "--load", "/nowhere/m"}, "/nowhere/m: no such file");
    const Run wrong = run({command, "--load", text.path()});
    CHECK(wrong.status == 1);
    CHECK(wrong.err.starts_with("wordlm: " + text.path() + ": not a safetensors file"));
    CHECK(lines(wrong.err) == 1);
  }
}

TEST_CASE("where --save cannot write is known at the start") {
  const Folder folder;
  const Folder pipe;  // a pipe, not /dev/null: run by root, a mistake here would replace that
  REQUIRE(::mkfifo(pipe.file("p").c_str(), 0600) == 0);
  const TemporaryFile text(".txt", "The cat sat.\n");
  for (const std::string option : {"--save", "--save-start", "--save-sentences"}) {
    for (const auto& [path, message] : std::vector<std::pair<std::string, std::string>>{
             {folder.file("no/m"), "cannot be written, there is no directory " + folder.file("no")},
             {folder.path(), "cannot be written, it is a directory"},
             {pipe.file("p"), "cannot be written, it is not a plain file"},
             {text.path(), option + " would overwrite the file of --data"}}) {
      const Run result = run(train_on(text.path(), {option, path}));
      CHECK(result.status == 1);
      CHECK(result.out == "");  // not even the text was read
      CHECK(result.err == "wordlm: " + path + ": " + message + "\n");
    }
  }
  CHECK(content_of(text.path()) == "The cat sat.\n");
  CHECK(folder.entries() == 0);
}

TEST_CASE("a training that diverges says so, and the file saved before is as it was") {
  const Folder folder;
  const std::string model = folder.file("m");
  CHECK(run(train({"--save", model})).status == 0);
  const std::string before = content_of(model);
  const Run diverged = run(train({"--lr", "1e6", "--clip", "0", "--save", model}));
  CHECK(diverged.status == 1);
  CHECK(diverged.err.starts_with("wordlm: the training has diverged in epoch 1: "));
  CHECK(diverged.err.ends_with("; a smaller --lr or --clip helps; " + model +
                               " holds the model as last saved\n"));
  CHECK(lines(diverged.err) == 1);
  CHECK(content_of(model) == before);
  CHECK(folder.entries() == 1);
  const Run named = run(train({"--lr", "1e38", "--clip", "0", "--anomaly"}));
  CHECK(named.status == 1);
  CHECK(has(named.err, "element "));
  CHECK(has(named.err, "; parameters: layers.0."));

  const Run lost = run(train({"--lr", "1e6", "--clip", "0", "--cell", "rnn"}));
  CHECK(lost.err.ends_with("; a smaller --lr or --clip helps\n"));
}

TEST_CASE("settings of the environment are checked") {
  const auto run_in = [](const std::string& setting) {
    return unroll::testing::run_program("env " + setting + " " + WORDLM_PROGRAM, train());
  };
  const auto threads = run_in("UNROLL_THREADS=two");
  CHECK(threads.status == 1);
  CHECK(threads.err ==
        "wordlm: UNROLL_THREADS is 'two': expected a number of threads, or 0 for all cores\n");
  const auto plan = run_in("UNROLL_PLAN=jion");
  CHECK(plan.status == 1);
  CHECK(
      plan.err ==
      "wordlm: UNROLL_PLAN: no pass 'jion'; expected on, off, or some of accumulate, join, batch, "
      "fuse, place, spread\n");
}

TEST_CASE("output that cannot be written is an error") {
  const Folder folder;
  const std::string model = folder.file("m");
  CHECK(run(train({"--save", model, "--epochs", "0"})).status == 0);
  const std::string command =
      std::string(WORDLM_PROGRAM) + " sample --load " + model + " >/dev/full 2>" + folder.file("e");
  CHECK(WEXITSTATUS(std::system(command.c_str())) == 1);
  CHECK(content_of(folder.file("e")) == "wordlm: the output cannot be written\n");
}

}  // namespace
}  // namespace wordlm
