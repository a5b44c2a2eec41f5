// Workloads that are timed beside each other do the same arithmetic.
#include <doctest/doctest.h>

#include <cmath>

#include "bench/workloads.h"

namespace {

using namespace unroll;

/// The losses of the first steps of training.
std::vector<double> losses(const std::string& name, int steps) {
  const bench::Workload workload = bench::make_workload(name);
  Tape tape;
  std::vector<double> result;
  for (int step = 0; step < steps; ++step) {
    tape.clear();
    const Var loss = workload.loss(tape);
    Gradients gradients = tape.gradients(loss, workload.parameters);
    (void)gradients.flat();
    result.push_back(loss.item() /
                     (static_cast<double>(workload.tokens) / static_cast<double>(workload.batch)));
    workload.update(gradients);
  }
  return result;
}

TEST_CASE("workloads: gates packed by hand learn as those written one by one") {
  CHECK(bench::make_workload("W6p").parameters.size() ==
        bench::make_workload("W6").parameters.size());
  const std::vector<double> open = losses("W6", 3);
  const std::vector<double> packed = losses("W6p", 3);
  for (std::size_t step = 0; step < open.size(); ++step) {
    CHECK(packed[step] == doctest::Approx(open[step]).epsilon(1e-6));
  }
  CHECK(open[0] == doctest::Approx(std::log(10000)).epsilon(0.01));
  CHECK(open[2] < open[0]);
}

TEST_CASE("workloads: the plans of layers of LSTM copy nothing") {
  for (const char* name : {"W2", "W4", "W9"}) {
    const bench::Workload workload = bench::make_workload(name);
    Tape tape;
    tape.set_passes({});
    (void)tape.gradients(workload.loss(tape), workload.parameters).flat();
    const std::string plan = tape.plan_to_string();
    CAPTURE(name);
    CHECK(plan.find("product") != std::string::npos);
    CHECK(plan.find("  copy  ") == std::string::npos);
  }
}

}  // namespace
