/// Times whole training steps: forward, backward, clipping, update.

#include <sys/resource.h>
#include <unroll/core/run/team.h>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <chrono>

#include "bench/bound.h"
#include "bench/workloads.h"

namespace {

using namespace unroll;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

/// What is known about one workload after it has run.
struct Measured {
  std::string name;
  std::string unit;  // what tokens_per_second counts
  double seconds;    // a training step, the median
  double record;     // of it: recording the loss and its gradient
  double update;     // of it: clipping and changing the parameters
  double tokens_per_second;
  double bound;    // seconds that the products alone take at the rate of large ones
  double weights;  // seconds that its weights and gradients take at the rate of memory
  Index nodes;
  Index parameters;  // numbers that are learned
  double loss;       // of the first step, nats a token
  long peak_mb;      // of the process, so of this workload only where it is the first
};

/// Bytes of weights and gradients that a step has to read and write: the weights forward, backward
/// and to change them, the gradient to add it up and to use it, and the new weights. Rows that no
/// word of the step needs are left out.
double bytes_of_weights(const Gradients& gradients) {
  constexpr double kPasses = 6;
  Index elements = 0;
  for (const auto& [begin, end] : gradients.segments()) elements += end - begin;
  return kPasses * static_cast<double>(elements) *
         static_cast<double>(size_of(gradients.parameters().dtype()));
}

/// What the machine can do at best, a second.
struct Rates {
  double products = bench::product_rate();  // floating-point operations
  double memory = bench::memory_rate();     // bytes
};

/// Measured at the first call, which takes some memory.
const Rates& rates() {
  static const Rates rates;
  return rates;
}

Measured measure(const std::string& name, int repeats, const Passes& passes,
                 bool print_plan = false) {
  bench::Workload workload = bench::make_workload(name);
  Tape tape;
  tape.set_passes(passes);
  double flops = 0;
  double bytes = 0;
  double first_loss = 0;
  std::array<std::vector<double>, 4> times;  // of recording, running, updating; of all three
  std::vector<double> times_a_token;         // of all three
  const auto note_step = [&](Clock::time_point begun) {
    times[3].push_back(seconds_since(begun));
    const Index tokens = workload.tokens_of_last ? workload.tokens_of_last() : workload.tokens;
    times_a_token.push_back(times[3].back() / static_cast<double>(tokens));
  };
  const auto decode = [&] {
    const auto begun = Clock::now();
    tape.clear();
    (void)workload.decode(tape);
    note_step(begun);
    times[0].push_back(0);
    times[2].push_back(0);
    if (flops == 0) flops = bench::flops_of_products(tape.graph());
  };
  const auto train = [&] {
    const auto begun = Clock::now();
    tape.clear();
    const Var loss = workload.loss(tape);
    Gradients gradients = tape.gradients(loss, workload.parameters);
    times[0].push_back(seconds_since(begun));
    gradients.run();
    times[1].push_back(seconds_since(begun) - times[0].back());
    if (flops == 0) {
      flops = bench::flops_of_products(tape.graph());
      bytes = bytes_of_weights(gradients);
      first_loss =
          loss.item() * static_cast<double>(workload.batch) / static_cast<double>(workload.tokens);
    }
    workload.update(gradients);
    note_step(begun);
    times[2].push_back(times[3].back() - times[0].back() - times[1].back());
  };
  const auto step = [&] { workload.decode ? decode() : train(); };
  constexpr double kSeconds = 0.3;  // at least, of timed steps
  constexpr double kLong = 15;      // after that many no further step begins
  const auto run_for = [&](int least, double seconds) {
    const auto begun = Clock::now();
    for (int i = 0; i < least || seconds_since(begun) < seconds; ++i) {
      step();
      if (seconds_since(begun) > kLong) break;
    }
  };
  run_for(2, kSeconds / 4);
  for (std::vector<double>& one : times) one.clear();
  times_a_token.clear();
  run_for(repeats, kSeconds);
  const double time = median(times[3]);
  if (print_plan) {
    tape.set_timing(true);
    step();
    tape.print_plan();
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return {name,
          workload.unit,
          time,
          median(times[0]),
          median(times[2]),
          1 / median(times_a_token),
          flops / rates().products,
          bytes / rates().memory,
          tape.node_count(),
          workload.parameters.size(),
          first_loss,
          usage.ru_maxrss / 1024};
}

void print_row(const Measured& m) {
  fmt::print(
      "{:<22} {:>9.2f} ms {:>9.0f} {:<8}   bound {:>8.2f} ms   time/bound {:5.2f}   "
      "weights {:.2f} record {:.2f} update {:.2f} ms   {:>6} nodes   peak {:>5} MB\n",
      m.name, 1e3 * m.seconds, m.tokens_per_second, m.unit + "/s", 1e3 * m.bound,
      m.seconds / m.bound, 1e3 * m.weights, 1e3 * m.record, 1e3 * m.update, m.nodes, m.peak_mb);
}

/// What each pass is worth: the time of a step without it, and with none. All take turns, so that
/// what else the machine does meets them alike; the medians of the rounds count.
void print_ablation(const std::string& name, int repeats) {
  constexpr int kRounds = 5;
  std::vector<std::pair<std::string, Passes>> variants{{"all passes", {}}};
  for (const std::string_view pass : Passes::names()) {
    variants.emplace_back(fmt::format("without {}", pass), Passes{}.without(pass));
  }
  variants.emplace_back("without any", Passes::none());
  std::vector<std::vector<double>> seconds(variants.size());
  std::vector<std::vector<double>> ratios(variants.size());
  for (int round = 0; round < kRounds; ++round) {
    fmt::print(stderr, "{}: round {} of {}\n", name, round + 1, kRounds);
    for (std::size_t i = 0; i < variants.size(); ++i) {
      const Passes& passes = variants[i].second;
      seconds[i].push_back(measure(name, repeats / kRounds + 1, passes).seconds);
      ratios[i].push_back(seconds[i].back() / seconds[0].back());
    }
  }
  fmt::print("{}\n", name);
  for (std::size_t i = 0; i < variants.size(); ++i) {
    fmt::print("  {:<20} {:>9.2f} ms   {:5.2f} x\n", variants[i].first, 1e3 * median(seconds[i]),
               median(ratios[i]));
  }
}

/// One object a line, for compare.py.
void print_json(const Measured& m, int threads) {
  fmt::print(
      R"({{"name": "{}", "unit": "{}", "ms": {:.4f}, "tokens_per_s": {:.1f}, "bound_ms": {:.4f}, )"
      R"("ratio": {:.3f}, "weights_ms": {:.4f}, "peak_mb": {}, "nodes": {}, "threads": {}, "parameters": {}, )"
      R"("loss": {:.5f}}})"
      "\n",
      m.name, m.unit, 1e3 * m.seconds, m.tokens_per_second, 1e3 * m.bound, m.seconds / m.bound,
      1e3 * m.weights, m.peak_mb, m.nodes, threads, m.parameters, m.loss);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Times whole training steps: forward, backward, clipping, update.");
  std::vector<std::string> names;
  int repeats = 9;
  int threads = 1;
  bool json = false;
  bool list = false;
  bool describe = false;
  bool print_plan = false;
  bool ablation = false;
  app.add_option("workloads", names, "which; without any all");
  app.add_option("--repeats", repeats,
                 "steps that are timed, at least, unless they take long; the median counts")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--threads", threads)->check(CLI::Range(1, 256))->capture_default_str();
  app.add_flag("--json", json, "a line of JSON for each workload in the place of the table");
  app.add_flag("--plan", print_plan, "print the plan of one more step, timed");
  app.add_flag("--ablation", ablation, "the time of a step without each of the passes");
  app.add_flag("--list", list, "print the names of the workloads and leave");
  app.add_flag("--describe", describe, "print what the workloads are and leave");
  CLI11_PARSE(app, argc, argv);
  try {
    if (list) {
      fmt::print("{}\n", fmt::join(bench::workload_names(), "\n"));
      return 0;
    }
    if (names.empty()) names = bench::workload_names();
    if (describe) {
      for (const std::string& name : names) {
        fmt::print("{:<22} {}\n", name, bench::make_workload(name).description);
      }
      return 0;
    }
    set_threads(threads);
    const Passes passes = Passes::from_environment();
    for (const std::string& name : names) {
      if (ablation) {
        print_ablation(name, repeats);
        continue;
      }
      const Measured measured = measure(name, repeats, passes, print_plan);
      if (json) {
        print_json(measured, threads);
      } else {
        print_row(measured);
      }
      std::fflush(stdout);
    }
    if (!json) {
      fmt::print("{} threads, large products at {:.1f} GFLOP/s, memory at {:.1f} GB/s\n", threads,
                 rates().products / 1e9, rates().memory / 1e9);
    }
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_training: {}\n", error.what());
    return 1;
  }
}
