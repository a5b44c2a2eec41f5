// The program `variants` as a user runs it.
#include <unroll/core/files.h>

#include "programs.h"
#include "support.h"
#include "variants/cells.h"

namespace unroll::testing {
namespace {

using Arguments = std::vector<std::string>;

Run run(const Arguments& arguments) { return run_program(VARIANTS_PROGRAM, arguments); }

/// A comparison that takes no time.
Arguments tiny(const Arguments& more = {}) {
  Arguments all = {"--cell", "rnn,mine", "--task", "parity", "--length",
                   "5",      "--hidden", "4",      "--test", "20"};
  all.insert(all.end(), more.begin(), more.end());
  if (std::find(all.begin(), all.end(), "--steps") == all.end()) {
    all.insert(all.end(), {"--steps", "20"});
  }
  return all;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

void check_refusal(const Arguments& arguments, int status, const std::string& message) {
  const Run result = run(arguments);
  CHECK(result.status == status);
  CHECK(result.err ==
        message + "\n" + (status == 2 ? "Run with --help for more information.\n" : ""));
}

TEST_CASE("variants --list names every cell with its equations and lines") {
  const Run result = run({"--list", "--hidden", "10"});
  CHECK(result.status == 0);
  CHECK(result.err == "");
  for (const CellEntry& cell : variants::cells()) {
    CAPTURE(cell.name);
    CHECK(has(result.out, fmt::format("{} ({})\n", cell.name, cell.source)));
  }
  CHECK(has(result.out,
            "mine (examples/variants/README.md)\n"
            "  270 parameters, 3 equations, 3 lines of code\n"
            "    z = sigmoid(s) sigmoid(Wz x + Uz h + bz)\n"
            "    n = tanh(Wn x + Un h + bn)\n"
            "    h' = (1 - z) h + z n\n\n"));
  CHECK(
      has(result.out, "parameters with 2 inputs and 10 hidden units\nlines of equations: median "));
}

TEST_CASE("variants --show prints a cell, --tasks the tasks, --help the options") {
  const Run shown = run({"--show", "mine"});
  CHECK(shown.status == 0);
  CHECK(shown.out.starts_with("/// A gated cell in which every unit"));
  CHECK(has(read_file(UNROLL_SOURCE_DIR "/examples/variants/my_cell.h"), shown.out));
  const Run tasks = run({"--tasks"});
  CHECK(tasks.status == 0);
  for (const char* task : {"adding (", "copy (", "reber (", "parity (", "anbn ("}) {
    CHECK(has(tasks.out, task));
  }
  const Run help = run({"--help"});
  CHECK(help.status == 0);
  for (const char* option :
       {"--list",      "--tasks",  "--show",  "--plan",  "--view", "--cell", "--task",
        "--length",    "--hidden", "--batch", "--steps", "--lr",   "--clip", "--forget-bias",
        "--optimizer", "--every",  "--test",  "--seed",  "--plot", "--csv",  "--threads"}) {
    CAPTURE(option);
    CHECK(has(help.out, option));
  }
}

TEST_CASE("variants writes the page of a training step") {
  const TemporaryFolder folder;
  const std::string page = folder / "gru.html";
  const Run result = run({"--plan", "gru", "--length", "3", "--hidden", "4", "--view", page});
  CHECK(result.err == "");
  REQUIRE(result.status == 0);
  CHECK(has(result.out, "kernel"));
  const std::string html = unroll::read_file(page);
  CHECK(has(html, "<title>gru, task adding</title>"));
  CHECK(has(html, "\"parameter\":\"cell.z.W\""));
  check_refusal({"--view", page}, 2, "--view requires --plan");
  const std::string nowhere = folder / "no";
  check_refusal({"--plan", "gru", "--view", nowhere + "/p"}, 1,
                "variants: " + nowhere + "/p: cannot be written, there is no directory " + nowhere);
}

TEST_CASE("variants compares cells, draws them, and writes their numbers") {
  const TemporaryFolder folder;
  const Run result =
      run(tiny({"--plot", folder / "curves", "--csv", folder / "curves.csv", "--every", "10"}));
  CHECK(result.status == 0);
  CHECK(result.err == "");
  CHECK(has(result.out, "parity of length 5, 20 steps; 4 hidden units, batches of "));
  CHECK(has(result.out, "loss: cross entropy a bit, in nats; guessing gives 0.6931\n"));
  CHECK(has(result.out, "\nrnn "));
  CHECK(has(result.out, "\nmine "));
  CHECK(folder.files() == 3);
  CHECK(content_of(folder / "curves.svg").starts_with("<?xml"));
  CHECK(content_of(folder / "curves.png").starts_with("\x89PNG"));
  const std::string csv = content_of(folder / "curves.csv");
  CHECK(csv.starts_with("cell,step,loss,score\n"));
  CHECK(std::count(csv.begin(), csv.end(), '\n') == 1 + 2 * 3);
}

TEST_CASE("variants: Ctrl-C prints the table of the cells trained so far") {
  BackgroundProgram training(VARIANTS_PROGRAM, tiny({"--cell", "gru", "--steps", "100000000"}));
  REQUIRE(training.wait_for("parity: "));
  CHECK(training.end_with(SIGINT) == 130);
  CHECK(has(training.out(), "\nrnn "));
  CHECK(has(training.out(), "interrupted at step "));
  CHECK(training.out().ends_with("interrupted: 1 of 3 cells begun\n"));
}

TEST_CASE("variants: wrong options are refused in one sentence") {
  check_refusal(tiny({"--lr", "nan"}), 2, "--lr: expected a number above 0, found 'nan'");
  check_refusal(tiny({"--clip", "-1"}), 2, "--clip: expected 0 or a number above, found '-1'");
  check_refusal({"--hidden", "0"}, 2, "--hidden: Value 0 not in range 1 to 100000");
  check_refusal({"--lenght", "9"}, 2, "The following arguments were not expected: 9 --lenght");
  CHECK(run({"--seed", "-1"}).status == 2);
  CHECK(run({"--task", "addition"}).status == 2);
  CHECK(run({"--optimizer", "admm"}).status == 2);
  check_refusal({"--task", "adding", "--length", "1"}, 1,
                "variants: adding: sequences of 1 steps, expected 2 or more");
  const Run unknown = run(tiny({"--cell", "grue"}));
  CHECK(unknown.status == 1);
  CHECK(unknown.out == "");
  CHECK(unknown.err.starts_with("variants: no cell 'grue'; is gru meant? there are: rnn, "));
  CHECK(unknown.err.ends_with(", or all\n"));
  CHECK(run({"--show", "grue"}).status == 1);
  CHECK(run({"--plan", "grue"}).err.starts_with("variants: no cell 'grue'; is gru meant? "));
  const TemporaryFolder folder;
  const std::string nowhere = folder / "no";
  check_refusal(
      tiny({"--plot", nowhere + "/p"}), 1,
      "variants: " + nowhere + "/p.svg: cannot be written, there is no directory " + nowhere);
  check_refusal(
      tiny({"--csv", nowhere + "/c.csv"}), 1,
      "variants: " + nowhere + "/c.csv: cannot be written, there is no directory " + nowhere);
}

}  // namespace
}  // namespace unroll::testing
