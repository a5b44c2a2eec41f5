/// Times the training steps of several processes, each with a batch of its own:
///
///     mpirun -n 2 bench_processes W2 W3
///
/// A line of JSON a workload: what examples/wordlm/processes.py makes its tables of. Every other
/// step exchanges its gradients after the run, and every other one during it.

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "bench/workloads.h"

namespace {

using namespace unroll;
using Clock = std::chrono::steady_clock;

constexpr int kSteps = 15;  // of each kind that are timed; the medians count

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void measure(const Processes& processes, const std::string& name) {
  bench::Workload workload = bench::make_workload(name);
  Tape tape;
  std::vector<double> compute;     // seconds of everything but the exchange
  std::vector<double> exchange;    // seconds of the exchange, once all processes are there
  std::vector<double> apart;       // seconds of a step that exchanges after the run
  std::vector<double> overlapped;  // and of one that exchanges during it
  std::int64_t sent = 0;           // bytes, by this process
  Index row_elements = 0;          // of the parameters whose gradients are row-sparse
  Index touched_elements = 0;      // of them, in touched rows
  for (int step = 0; step < 2 * (kSteps + 3); ++step) {
    const bool overlaps = step % 2 == 1;
    const auto begun = Clock::now();
    tape.clear();
    const Var loss = workload.loss(tape);
    Gradients gradients = tape.gradients(loss, workload.parameters);
    if (!overlaps) gradients.run();
    double seconds = seconds_since(begun);
    if (!overlaps) (void)processes.any(false);  // waits for all
    const auto sending = Clock::now();
    sent = all_reduce(processes, gradients, Exchange::during_the_run);
    const double exchanged = seconds_since(sending);
    const auto updating = Clock::now();
    workload.update(gradients);
    seconds += seconds_since(updating);
    if (step < 6) continue;
    (overlaps ? overlapped : apart).push_back(seconds_since(begun));
    if (overlaps) continue;
    compute.push_back(seconds);
    exchange.push_back(exchanged);
    row_elements = 0;
    touched_elements = 0;
    for (const Parameter& p : workload.parameters.all()) {
      if (!gradients.is_row_sparse(p)) continue;
      row_elements += p.shape().size();
      touched_elements += std::ssize(gradients.touched_rows(p)) * p.shape().size() / p.shape()[0];
    }
  }
  if (processes.rank() > 0) return;
  const Index all = workload.parameters.size();
  fmt::print(
      R"({{"name": "{}", "processes": {}, "batch": {}, "tokens": {}, "dense": {}, "rows": {}, )"
      R"("touched": {}, "sent": {}, "compute_ms": {:.3f}, "exchange_ms": {:.3f}, )"
      R"("step_ms": {:.3f}, "overlapped_ms": {:.3f}}})"
      "\n",
      name, processes.count(), workload.batch, workload.tokens, all - row_elements, row_elements,
      touched_elements, sent, 1e3 * median(compute), 1e3 * median(exchange), 1e3 * median(apart),
      1e3 * median(overlapped));
}

}  // namespace

int main(int argc, char** argv) {
  const Processes processes;
  for (int i = 1; i < argc; ++i) measure(processes, argv[i]);
}
