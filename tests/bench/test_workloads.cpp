// Workloads that are timed beside each other do the same arithmetic, and plans do not change it.
#include <doctest/doctest.h>

#include <cmath>

#include "bench/ctc_loss.h"
#include "bench/workloads.h"

namespace {

using namespace unroll;

using bench::Scale;

/// The losses of the first steps of training; of a workload that only decodes, what it returns.
std::vector<double> losses(const std::string& name, int steps, Scale scale = Scale::full,
                           const Passes& passes = Passes::from_environment()) {
  const bench::Workload workload = bench::make_workload(name, scale);
  Tape tape;
  tape.set_passes(passes);
  std::vector<double> result;
  for (int step = 0; step < steps; ++step) {
    tape.clear();
    if (workload.decode) {
      result.push_back(workload.decode(tape));
      continue;
    }
    const Var loss = workload.loss(tape);
    Gradients gradients = tape.gradients(loss, workload.parameters);
    (void)gradients.flat();
    result.push_back(loss.item() /
                     (static_cast<double>(workload.tokens) / static_cast<double>(workload.batch)));
    workload.update(gradients);
  }
  return result;
}

/// Whether two lists of losses are the same up to rounding.
void check_same(const std::vector<double>& some, const std::vector<double>& others) {
  REQUIRE(some.size() == others.size());
  for (std::size_t step = 0; step < some.size(); ++step) {
    CAPTURE(step);
    CHECK(some[step] == doctest::Approx(others[step]).epsilon(1e-5));
  }
}

/// -log of the probability of `labels` (0 is the blank): the probabilities of all paths over the
/// steps of log_p, one after another, of which those count that read as the labels.
double loss_by_paths(const std::vector<std::vector<double>>& log_p,
                     const std::vector<std::int32_t>& labels) {
  double total = 0;
  std::vector<std::size_t> path(log_p.size(), 0);
  for (bool more = true; more;) {
    std::vector<std::int32_t> read;
    double logarithm = 0;
    for (std::size_t t = 0; t < path.size(); ++t) {
      logarithm += log_p[t][path[t]];
      if (path[t] != 0 && (t == 0 || path[t] != path[t - 1])) {
        read.push_back(static_cast<std::int32_t>(path[t]));
      }
    }
    if (read == labels) total += std::exp(logarithm);
    more = false;
    for (std::size_t t = 0; t < path.size() && !more; ++t) {
      path[t] = (path[t] + 1) % log_p[t].size();
      more = path[t] != 0;
    }
  }
  return -std::log(total);
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

TEST_CASE("workloads: every workload gives the same with plans and without") {
  for (const std::string& name : bench::workload_names()) {
    if (name.starts_with("W7")) continue;  // the cells have tests of their own
    CAPTURE(name);
    const std::vector<double> planned = losses(name, 4, Scale::small, {});
    check_same(planned, losses(name, 4, Scale::small, Passes::none()));
    const bool learns = name != "W9" && !name.starts_with("W16");
    CHECK((planned[3] != planned[0]) == learns);
  }
}

TEST_CASE("workloads: the first losses are those of guessing") {
  CHECK(losses("W10", 1, Scale::small)[0] == doctest::Approx(std::log(5)).epsilon(0.05));
  CHECK(losses("W11", 1, Scale::small)[0] == doctest::Approx(std::log(2)).epsilon(0.05));
  for (const char* name : {"W12", "W14", "W15", "W17"}) {
    CAPTURE(name);
    CHECK(losses(name, 1, Scale::small)[0] == doctest::Approx(std::log(30)).epsilon(0.05));
  }
}

TEST_CASE("workloads: the CTC recursion adds up all paths") {
  constexpr Index kSteps = 5;
  constexpr Index kBatch = 3;
  constexpr Index kClasses = 3;
  const std::vector<std::vector<std::int32_t>> labels = {{1, 2}, {2, 2}, {2, 1}};
  Tensor given(DType::i32, {kBatch, 2});
  auto* to = given.values<std::int32_t>().data();
  for (const auto& sequence : labels) to = std::ranges::copy(sequence, to).out;
  Tensor logits(DType::f32, {kSteps, kBatch, kClasses});
  Random random(1);
  for (float& logit : logits.values<float>()) logit = static_cast<float>(random.uniform(-1, 1));
  Tape tape;
  const Var log_p = log_softmax(tape.input(logits));
  const Var loss = bench::CtcLoss(given, kSteps, kClasses)(log_p);
  for (Index b = 0; b < kBatch; ++b) {
    std::vector<std::vector<double>> of_sequence;
    for (Index t = 0; t < kSteps; ++t) {
      of_sequence.emplace_back();
      for (Index i = 0; i < kClasses; ++i) {
        of_sequence.back().push_back(log_p.value().at((t * kBatch + b) * kClasses + i));
      }
    }
    CAPTURE(b);
    CHECK(loss.value().at(b) ==
          doctest::Approx(loss_by_paths(of_sequence, labels[static_cast<std::size_t>(b)]))
              .epsilon(1e-5));
  }
}

TEST_CASE("workloads: U - U^T recorded once or at every step is the same cell") {
  check_same(losses("W17", 4, Scale::small), losses("W17 once", 4, Scale::small));
}

TEST_CASE("workloads: new trees and new lengths make a new structure at every step") {
  for (const char* name : {"W10", "W10 words", "W11"}) {
    const bench::Workload workload = bench::make_workload(name, Scale::small);
    Tape tape;
    std::vector<Index> nodes;
    for (int step = 0; step < 3; ++step) {
      tape.clear();
      (void)workload.loss(tape);
      nodes.push_back(tape.node_count());
    }
    CAPTURE(name);
    CHECK(nodes[0] != nodes[1]);
    CHECK(nodes[1] != nodes[2]);
  }
}

}  // namespace
