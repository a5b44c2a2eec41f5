/// bptt: backpropagation through time in chapters, each a small experiment with a known result.
/// Without arguments it lists them and runs the first.

#include <fmt/format.h>
#include <unroll/core/run/threads.h>
#include <unroll/unroll.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "bptt/chapters.h"
#include "bptt/page.h"
#include "bptt/toy.h"
#include "common/output.h"
#include "common/program.h"

namespace bptt {
namespace {

using namespace unroll;
using examples::say;

/// h' = tanh(W x + U h) over two steps, three units, and the gradient of the sum of the last state.
void print_plan_of_two_steps() {
  const Parameters parameters(DType::f64);
  const Rnn cell(parameters / "rnn", 2, 3);
  Tape tape(DType::f64);
  tape.set_passes({});
  const Var x = tape.input(Tensor::of<double>({2, 1, 2}, {1, 2, 3, 4}));
  const Var loss = sum(unroll_over(cell, x, zero_state(cell, tape, 1)).last);
  tape.gradients(loss, parameters).run();
  say("{}", tape.plan_to_string());
}

void print_dot() {
  const ToyNetwork network;
  Tape tape(DType::f64);
  tape.gradients(sum(network.outputs(tape)), network.parameters()).run();
  say("{}", tape.to_dot());
}

void list_chapters() {
  say("chapters: bptt NAME runs one, bptt all runs all of them\n");
  for (const Chapter& chapter : all_chapters()) say("  {:<12} {}\n", chapter.name, chapter.title);
}

void run_chapters(std::vector<std::string> names, const Folder& folder) {
  if (names.empty()) {
    list_chapters();
    names = {all_chapters().front().name};
    say("\n");
  }
  std::vector<const Chapter*> chosen;
  for (const std::string& name : names) {
    if (name == "all") {
      for (const Chapter& chapter : all_chapters()) chosen.push_back(&chapter);
    } else {
      chosen.push_back(&find_chapter(name));
    }
  }
  folder.make();  // before anything is computed
  for (const Chapter* chapter : chosen) {
    say("{}== {}: {} ==\n\n", chapter == chosen.front() ? "" : "\n", chapter->name, chapter->title);
    const std::size_t before = folder.written().size();
    const examples::OutCopy printed;
    chapter->run(folder);
    const auto own = std::span(folder.written()).subspan(before);
    const std::string page = fmt::format("{}.html", chapter->name);
    if (folder.is_given() && std::ranges::find(own, page) == own.end()) {
      folder.write(page, page_of(chapter->title, printed.text(), own));
    }
  }
}

int run(int argc, char** argv) {
  CLI::App app(
      "bptt: backpropagation through time in chapters, each a small experiment.\n"
      "Without arguments it lists them and runs the first.");
  std::vector<std::string> names;
  std::string out;
  std::string known = "all";
  for (const Chapter& chapter : all_chapters()) known += fmt::format(", {}", chapter.name);
  app.add_option("chapters", names, fmt::format("what to run, in this order: {}", known));
  app.add_option("--out", out, "folder to write pictures (SVG, PNG) and pages (HTML) into")
      ->check([](const std::string& path) {
        return path.empty() ? std::string("expected a folder, found ''") : std::string();
      });
  auto* const dot =
      app.add_subcommand("dot", "the unrolled tape of the first chapter for Graphviz");
  auto* const ops = app.add_subcommand("ops", "the table of all operations");
  auto* const plan = app.add_subcommand(
      "plan",
      "how the gradient of two steps of an RNN is run; with UNROLL_PLAN_TRACE=1 every "
      "stage of planning too");
  app.require_subcommand(0, 1);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (*dot) {
    print_dot();
  } else if (*ops) {
    say("{}", op_table());
  } else if (*plan) {
    print_plan_of_two_steps();
  } else {
    set_threads(1);  // what is computed here is small
    run_chapters(names, Folder(out));
  }
  return 0;
}

}  // namespace
}  // namespace bptt

int main(int argc, char** argv) {
  examples::run_program("bptt", [&] { return bptt::run(argc, argv); });
}
