// Files that lose nothing, whatever happens; and outputs that lead nowhere.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "run_program.h"

namespace wordlm {
namespace {

using Arguments = std::vector<std::string>;

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// The shell's way to run wordlm: what `redirections` ask for happens.
Run in_shell(const std::string& arguments, const std::string& redirections) {
  return unroll::testing::run_program(
      "sh", {"-c", std::string(WORDLM_PROGRAM) + " --threads 1 " + arguments + " " + redirections});
}

Arguments small_training(const std::string& save) {
  return {"train",    "--comments", "20",        "--hidden", "4",      "--embedding", "4",
          "--epochs", "2",          "--samples", "0",        "--save", save};
}

TEST_CASE("faults: whatever write, flush or rename fails, a model is left and the user is told") {
  const Folder folder;
  const std::string model = folder.file("m");
  const std::string mark = folder.file("mark");
  int failed = 0;
  for (const char* const call : {"write", "fsync", "rename"}) {
    for (int nth = 1;; ++nth) {
      REQUIRE(run(small_training(model)).status == 0);  // the model that must not be lost
      std::filesystem::remove(mark);
      const Run faulty = unroll::testing::run_program(
          fmt::format("env LD_PRELOAD={} FAIL_CALL={} FAIL_NTH={} FAIL_MARK={} {}", FAIL_NTH, call,
                      nth, mark, WORDLM_PROGRAM),
          on_one_thread(small_training(model)));
      CAPTURE(call);
      CAPTURE(nth);
      if (!std::filesystem::exists(mark)) {
        CHECK(faulty.status == 0);
        break;
      }
      ++failed;
      // Some file systems cannot sync a folder; the file in it is whole all the same.
      const bool folder_synced = std::string_view(call) == "fsync" && nth % 2 == 0;
      CHECK(has(faulty.err, "warning: not saved, the training goes on: ") != folder_synced);
      // The last save tells the exit status: the ones after a failed one are tried again.
      CHECK((faulty.status == 0 || has(faulty.err, "the trained model could not be saved")));
      CHECK(run({"score", "--load", model, "the cat"}).status == 0);
      CHECK(folder.entries() == 2);
    }
  }
  CHECK(failed > 20);
}

TEST_CASE("faults: whichever allocation fails, a model is left and the user is told") {
  const Folder folder;
  const std::string model = folder.file("m");
  const std::string mark = folder.file("mark");
  REQUIRE(run(small_training(model)).status == 0);
  for (int nth = 1;; nth += 1 + nth / 4) {
    std::filesystem::remove(mark);
    const Run faulty = unroll::testing::run_program(
        fmt::format("env LD_PRELOAD={} FAIL_CALL=new FAIL_NTH={} FAIL_MARK={} {}", FAIL_NTH, nth,
                    mark, WORDLM_PROGRAM),
        on_one_thread(small_training(model)));
    if (!std::filesystem::exists(mark)) break;
    CAPTURE(nth);
    CAPTURE(faulty.err);
    // Some can be done without: a plan that finds no memory is made anew.
    CHECK((faulty.status == 0 || has(faulty.err, "not enough memory")));
    CHECK(run({"score", "--load", model, "the cat"}).status == 0);
  }
}

TEST_CASE("a second training with the same --save is refused while the first lives") {
  const Folder folder;
  const std::string model = folder.file("m");
  Background first({"train", "--comments", "200", "--hidden", "8", "--epochs", "100000", "--lr",
                    "0.01", "--save", model});
  CHECK(first.wait_for("epoch  1:"));
  const Run second = run(small_training(model));
  CHECK(second.status == 1);
  CHECK(second.err ==
        "wordlm: " + model + ": is being written by another run, which holds " + model + ".lock\n");
  CHECK(first.end_with(SIGKILL) == -1);
  CHECK(run(small_training(model)).status == 0);
}

TEST_CASE("no output is an input or another output") {
  const Folder folder;
  const std::string model = folder.file("m");
  REQUIRE(run(small_training(model)).status == 0);
  const std::string before = content_of(model);
  const std::string link = folder.file("link");
  std::filesystem::create_symlink("m", link);
  for (const std::string& path : {model, link}) {
    const Run result = run({"train", "--load", model, "--save-sentences", path});
    CHECK(result.status == 1);
    CHECK(result.err ==
          "wordlm: " + path + ": --save-sentences would overwrite the file of --load\n");
  }
  Arguments twice = small_training(folder.file("n"));
  twice.insert(twice.end(), {"--save-start", folder.file("./n")});
  CHECK(run(twice).status == 1);
  for (const char* other : {"n.lock", "n.1"}) {
    Arguments both = small_training(folder.file("n"));
    both.insert(both.end(), {"--keep", "1", "--log", folder.file(other)});
    const Run result = run(both);
    CHECK(result.status == 1);
    CHECK(result.err.find("would overwrite that of --log") != std::string::npos);
  }
  CHECK(content_of(model) == before);
  CHECK(run({"train", "--load", model, "--save", model, "--samples", "0"}).status == 0);
}

TEST_CASE("output that leads nowhere stops no training, and a full disk is told by the status") {
  const Folder folder;
  const std::string model = folder.file("m");
  const std::string training =
      "train --comments 20 --hidden 4 --epochs 1 --samples 1 --save " + model;
  CHECK(in_shell(training, ">&- 2>&-").status == 0);
  CHECK(std::filesystem::exists(model));
  CHECK(in_shell(training, "2>&-").status == 0);
  for (const std::string& command :
       {training, "sample --load " + model, "eval --load " + model,
        "score --load " + model + " cat", std::string("presets"), std::string("--help")}) {
    CAPTURE(command);
    const Run full = in_shell(command, ">/dev/full");
    CHECK(full.status == 1);
    CHECK(has(full.err, "wordlm: the output cannot be written\n"));
  }
  std::filesystem::remove(model);
  CHECK(in_shell(training, "| head -1").out.starts_with("built-in comments"));
  CHECK(std::filesystem::exists(model));
  // What only writes ends, and says nothing, when its reader does.
  const Run sampled = in_shell("sample --count 1000000 --load " + model, "| head -1");
  CHECK(sampled.out.ends_with("\n"));
  CHECK(sampled.err == "");
}

TEST_CASE("a terminal that hangs up is a request to stop well, but not under nohup") {
  const Folder folder;
  const std::string model = folder.file("m");
  const Arguments training = {"train",    "--comments", "300",    "--hidden", "8",
                              "--epochs", "1000",       "--save", model};
  Background hung_up(training);
  CHECK(hung_up.wait_for("epoch  1:"));
  CHECK(hung_up.end_with(SIGHUP) == 130);
  CHECK(has(hung_up.out(), "go on with: wordlm train --load "));
  const Run ignored = unroll::testing::run_program(
      "sh", {"-c", "trap \"\" HUP; " + std::string(WORDLM_PROGRAM) +
                       " train --comments 300 --hidden 8 --epochs 4 --samples 0 & sleep 0.2; "
                       "kill -HUP $!; wait $!"});
  CHECK(ignored.status == 0);
  CHECK(has(ignored.out, "epoch  4:"));
}

}  // namespace
}  // namespace wordlm
