/// Measures what a planner without cliffs has to reach, point by point, and says whether it does.

#include <unroll/unroll.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cstdlib>
#include <filesystem>

#include "bench/plan_points.h"

namespace {

using namespace bench;

constexpr std::array<Point, 10> kPoints = {{
    {1, "nothing is given up as a whole", nothing_given_up},
    {2, "making a plan is linear", linear_planning},
    {3, "structures never seen before", new_structures},
    {4, "memory of plans", memory_of_plans},
    {5, "a tape that grows", growing_tape},
    {6, "inference", inference},
    {7, "attention", attention},
    {8, "computed of parameters only", parameters_only},
    {9, "shapes that are not (B, hidden)", other_shapes},
    {10, "same results, always", same_results},
}};

void print_line(std::string_view point, const Finding& f) {
  const std::string_view reached = !f.reached ? "" : *f.reached ? "yes" : "no";
  fmt::print("{:>5}  {:<66} {:>22}  {:<18} {}\n", point, f.what, f.figure, f.target, reached);
}

/// Measures a point in a process of its own, whose memory is then only what the point takes.
bool measure_apart(const Point& point, const PointOptions& options) {
  std::string command = fmt::format("'{}' --without-head --only {} --rounds {}",
                                    std::filesystem::read_symlink("/proc/self/exe").string(),
                                    point.number, options.rounds);
  if (options.quick) command += " --quick";
  if (!options.python.empty()) command += fmt::format(" --python '{}'", options.python);
  return std::system(command.c_str()) == 0;  // NOLINT: a program of ours
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Measures what plans have to reach; one thread, but where threads are the point.");
  PointOptions options;
  int only = 0;
  bool without_head = false;
  app.add_option("--only", only, "the number of one point")->check(CLI::Range(1, 10));
  app.add_flag("--quick", options.quick, "smaller and fewer: to see that all works");
  app.add_option("--rounds", options.rounds, "both sides of a ratio are measured that often")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  app.add_option("--python", options.python, "a Python that has PyTorch, to measure beside it");
  app.add_flag("--without-head", without_head, "print no line above the first");
  CLI11_PARSE(app, argc, argv);
  if (options.quick) options.rounds = 1;
  if (!without_head) print_line("point", {"", "now", "target", {}});
  try {
    unroll::set_threads(1);
    bool all_ran = true;
    for (const Point& point : kPoints) {
      if (only == 0) {
        fmt::print("       {}\n", point.name);
        std::fflush(stdout);
        all_ran = measure_apart(point, options) && all_ran;
        continue;
      }
      if (point.number != only) continue;
      for (const Finding& finding : point.measure(options)) {
        print_line(std::to_string(point.number), finding);
      }
    }
    return all_ran ? 0 : 1;
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_plan: {}\n", error.what());
    return 1;
  }
}
