/// Runs random programs with and without plans and says where they differ.

#include "fuzz/compare.h"
#include "fuzz/dump.h"

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>

namespace unroll::fuzz {
namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  std::uint64_t seed = 1;
  std::uint64_t data = 0;  // 0: the seed
  double minutes = 0;      // 0: as many programs as `programs` says
  std::uint64_t programs = 0;
  std::vector<std::string> shapes;
  Index largest = 300;
  Index longest = 12;
  std::string passes;
  std::string dump;
  std::vector<int> threads{1};
  std::uint64_t order = 0;
  bool all_bits = false;
  bool few = false;
  bool verbose = false;
  bool list = false;
};

/// How many programs there were, and how many failed, by structure.
struct Count {
  std::uint64_t programs = 0;
  std::uint64_t failures = 0;
};

class Fuzzer {
 public:
  explicit Fuzzer(Options options) : options_(std::move(options)) {
    if (options_.shapes.empty()) {
      for (const Structure& structure : all_structures()) structures_.push_back(&structure);
    }
    for (const std::string& name : options_.shapes) structures_.push_back(&find_structure(name));
    if (options_.programs == 0 && options_.minutes == 0) {
      options_.programs = 10 * structures_.size();
    }
  }

  /// Returns whether all programs agreed.
  bool run() {
    if (!options_.dump.empty()) {
      dumped_.open(options_.dump);
      if (!dumped_) fail<Error>("{}: cannot be written", options_.dump);
    }
    const auto start = Clock::now();
    auto reported = start;
    const auto minutes = [&](Clock::time_point from) {
      return std::chrono::duration<double>(Clock::now() - from).count() / 60;
    };
    std::uint64_t done = 0;
    const auto ends = [&] {
      if (options_.programs > 0 && done == options_.programs) return true;
      return options_.minutes > 0 && minutes(start) >= options_.minutes;
    };
    for (; !ends(); ++done) {
      const Structure& structure = *structures_[done % structures_.size()];
      run_one(structure, options_.seed + done / structures_.size());
      if (minutes(reported) >= 1) {
        reported = Clock::now();
        fmt::print("{:.0f} minutes, {} programs, {} failures\n", minutes(start), done + 1,
                   failures_);
        std::fflush(stdout);
      }
    }
    for (const auto& [name, count] : counts_) {
      fmt::print("{:20} {:6} programs {:4} failures\n", name, count.programs, count.failures);
    }
    fmt::print("{} programs in {:.1f} minutes, {} failures\n", done, minutes(start), failures_);
    return failures_ == 0;
  }

 private:
  void run_one(const Structure& structure, std::uint64_t seed) {
    const Recipe recipe{seed, options_.data > 0 ? options_.data : seed, options_.largest,
                        options_.longest, options_.all_bits};
    const auto start = Clock::now();
    if (options_.verbose) {
      fmt::print("{} {}: ", structure.name, seed);
      std::fflush(stdout);
    }
    std::optional<Failure> failure;
    if (!options_.dump.empty()) {
      dump(structure, recipe, dumped_);
    } else if (options_.passes.empty()) {
      failure = check(structure, recipe, options_.few ? Effort::few : Effort::many);
    } else {
      failure = check(structure, recipe,
                      Way{Passes::parse(options_.passes), options_.threads, options_.order});
    }
    if (options_.verbose) {
      fmt::print("{:.2f} s\n", std::chrono::duration<double>(Clock::now() - start).count());
    }
    Count& count = counts_[structure.name];
    ++count.programs;
    if (!failure) return;
    ++count.failures;
    ++failures_;
    fmt::print("FAILED {}\n", to_string(*failure));
    std::fflush(stdout);
    if (options_.passes.empty()) fmt::print("smaller {}\n", to_string(shrink(structure, *failure)));
    if (options_.verbose) print_tapes(structure, *failure);
    std::fflush(stdout);
  }

  /// Prints the nodes of the tapes before each time they are cleared, and the last plan.
  static void print_tapes(const Structure& structure, const Failure& failure) {
    Tapes tapes(failure.way.passes);
    Way way = failure.way;
    way.on_clear = [](Tapes& tapes) {
      for (Tape* tape : {&tapes.first, &tapes.second}) {
        if (tape->node_count() == 0) continue;
        fmt::print("{}{}\n", tape->to_string(), tape->plan_to_string());
      }
    };
    (void)fuzz::run(structure, failure.recipe, way, tapes);
  }

  Options options_;
  std::vector<const Structure*> structures_;
  std::ofstream dumped_;
  std::map<std::string_view, Count> counts_;
  std::uint64_t failures_ = 0;
};

int run_program(int argc, char** argv) {
  Options options;
  CLI::App app{"Runs random programs by plans and node by node, and compares them."};
  app.add_option("--seed", options.seed, "of the first program; the next ones follow it");
  app.add_option("--data", options.data, "seed of the values, where it is not that");
  app.add_option("--minutes", options.minutes, "how long to run");
  app.add_option("--programs", options.programs, "how many to run; 10 of each kind by default");
  app.add_option("--shape", options.shapes, "kinds of structure, else all; see --list");
  app.add_option("--largest", options.largest, "no axis is longer")->check(CLI::PositiveNumber);
  app.add_option("--longest", options.longest, "no sequence is")->check(CLI::PositiveNumber);
  app.add_option("--passes", options.passes, "run with these passes only: a list, on or off");
  app.add_option("--threads", options.threads, "with --passes: numbers of threads, by piece")
      ->delimiter(',');
  app.add_option("--order", options.order, "with --passes: the order in which values are read");
  app.add_option("--dump", options.dump,
                 "write the programs to a file that judge.py reads, instead");
  app.add_flag("--all-bits", options.all_bits, "compare bits also where they are known to differ");
  app.add_flag("--few", options.few, "run each program in three ways instead of twelve");
  app.add_flag("--verbose", options.verbose, "print every program, and the tapes where one fails");
  app.add_flag("--list", options.list, "print the kinds of structure");
  CLI11_PARSE(app, argc, argv);
  if (options.list) {
    for (const Structure& structure : all_structures()) {
      fmt::print("{:20} {}\n", structure.name, structure.description);
    }
    return 0;
  }
  try {
    return Fuzzer(std::move(options)).run() ? 0 : 1;
  } catch (const Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 2;
  }
}

}  // namespace
}  // namespace unroll::fuzz

int main(int argc, char** argv) {
  setenv("UNROLL_PLAN_VERIFY", "1", 0);  // what holds for plans is checked after every stage
  return unroll::fuzz::run_program(argc, argv);
}
