/// Times whole training steps: forward, backward, clipping, update.

#include <sys/resource.h>
#include <unroll/core/op.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>

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

/// The floating-point operations of the matrix products that a tape has run.
double flops_of_products(const Graph& graph) {
  double flops = 0;
  for (const Node& node : graph.nodes) {
    if (node.op->kind != OpKind::product || node.value == nullptr || node.shape.size() == 0)
      continue;
    const Index n = node.shape[node.shape.rank() - 1];
    const Index m = node.shape.size() / n;
    flops += 2.0 * static_cast<double>(node.shape.size()) *
             static_cast<double>(graph.input(node, 0).shape.size() / m);
  }
  return flops;
}

/// The best rate of large products, in operations a second: what nothing here can be above.
double product_rate() {
  constexpr Index kSize = 1536;
  const std::vector<float> a(kSize * kSize, 0.5F);
  std::vector<float> c(kSize * kSize);
  double best = 0;
  for (int i = 0; i < 7; ++i) {
    const auto start = Clock::now();
    multiply({false, false, kSize, kSize, kSize}, a.data(), a.data(), 0.0F, c.data());
    best = std::max(best, 2.0 * kSize * kSize * kSize / seconds_since(start));
  }
  return best;
}

/// One row of the table.
void measure(const std::string& name, int repeats, double rate) {
  bench::Workload workload = bench::make_workload(name);
  Tape tape;
  double flops = 0;
  const auto step = [&] {
    tape.clear();
    const Var loss = workload.loss(tape);
    Gradients gradients = tape.gradients(loss, workload.parameters);
    (void)gradients.flat();  // they run before the update changes them in place
    if (flops == 0) flops = flops_of_products(tape.graph());
    workload.update(gradients);
  };
  step();
  step();
  std::vector<double> times;
  for (int i = 0; i < repeats; ++i) {
    const auto start = Clock::now();
    step();
    times.push_back(seconds_since(start));
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const double time = median(times);
  fmt::print(
      "{:<22} {:>9.2f} ms {:>9.0f} tokens/s   bound {:>8.2f} ms   time/bound {:5.2f}   {:>6} "
      "nodes   peak {:>5} MB\n",
      name, 1e3 * time, static_cast<double>(workload.tokens) / time, 1e3 * flops / rate,
      time * rate / flops, tape.node_count(), usage.ru_maxrss / 1024);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Times whole training steps: forward, backward, clipping, update.");
  std::vector<std::string> names;
  int repeats = 9;
  int threads = 1;
  app.add_option("workloads", names, "which; without any all");
  app.add_option("--repeats", repeats, "steps that are timed; the median counts")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--threads", threads)->check(CLI::Range(1, 256))->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    set_threads(threads);
    const double rate = product_rate();
    fmt::print("{} threads, large products at {:.1f} GFLOP/s\n", threads, rate / 1e9);
    for (const std::string& name : names.empty() ? bench::workload_names() : names) {
      measure(name, repeats, rate);
    }
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_training: {}\n", error.what());
    return 1;
  }
}
