// Every optimizer of the list and every form of it: steps of PyTorch's, or of NumPy scripts.
#include "descent.h"

namespace unroll::testing {
namespace {

/// The case of that name in either file.
GoldenCase golden_case(const std::string& name) {
  try {
    return read_golden("optim/golden_optim.json", name);
  } catch (const Error&) {
    return read_golden("optim/golden_optim_numpy.json", name);
  }
}

template <class Make>
void check_trajectory(const std::string& name, Make make) {
  CAPTURE(name);
  for (const auto& [dtype, bound] : {std::pair(DType::f64, 1e-12), std::pair(DType::f32, 2e-4)}) {
    Descent descent(golden_case(name), dtype);
    const auto optimizer = make(descent.golden.settings);
    int compared = 0;
    for (int step = 1; step <= 20; ++step) {
      descent.step(*optimizer);
      const auto error = descent.error(step);
      if (!error) continue;
      CAPTURE(step);
      CHECK(*error < bound);
      ++compared;
    }
    CHECK(compared == 4);
  }
}

TEST_CASE("optimizers: every optimizer follows its golden trajectory") {
  for (const OptimizerEntry& entry : all_optimizers()) {
    check_trajectory(std::string(entry.name),
                     [&](const auto& settings) { return entry.make(settings.at("lr"), 0); });
  }
}

TEST_CASE("optimizers: every optimizer follows its golden trajectory with weight decay") {
  for (const OptimizerEntry& entry : all_optimizers()) {
    check_trajectory(fmt::format("{}-decay", entry.name), [&](const auto& settings) {
      return entry.make(settings.at("lr"), settings.at("weight_decay"));
    });
  }
}

TEST_CASE(
    "optimizers: other settings (momentum, Nesterov, AMSGrad ...) follow their golden "
    "trajectories") {
  check_trajectory("rmsprop-momentum", [](const auto& s) {
    return std::make_unique<RmsProp>(RmsPropOptions{.learning_rate = s.at("lr"),
                                                    .decay = s.at("alpha"),
                                                    .epsilon = s.at("eps"),
                                                    .momentum = s.at("momentum")});
  });
  check_trajectory("rmsprop-graves-still", [](const auto& s) {
    RmsPropOptions options = RmsProp::graves();
    options.learning_rate = s.at("lr");
    options.momentum = 0;
    return std::make_unique<RmsProp>(options);
  });
}

TEST_CASE("optimizers: centred RMSProp follows PyTorch's trajectory") {
  // Epsilon is next to nothing, and v - m^2 cancels: hence the bound, and f64 only.
  Descent descent(golden_case("rmsprop-centred"));
  RmsPropOptions options = RmsProp::graves();
  options.learning_rate = descent.golden.settings.at("lr");
  options.epsilon = descent.golden.settings.at("eps");
  RmsProp optimizer(options);
  for (int step = 1; step <= 20; ++step) descent.step(optimizer);
  CHECK(*descent.error(20) < 1e-9);
}

TEST_CASE("optimizers: the averaged parameters are those of PyTorch's ASGD") {
  Descent descent(golden_case("averaged"));
  Averaged optimizer(std::make_unique<Sgd>(descent.golden.settings.at("lr")), {.start = 1});
  for (int step = 1; step <= 20; ++step) descent.step(optimizer);
  CHECK(*descent.error(20) < 1e-14);
  CHECK(difference(descent.p0.value(), descent.golden["p0.mean"]) > 0.1);
  optimizer.with_mean([&] {  // PyTorch keeps 1 / (t - start) in f32
    CHECK(difference(descent.p0.value(), descent.golden["p0.mean"]) < 1e-7);
    CHECK(difference(descent.p1.value(), descent.golden["p1.mean"]) < 1e-7);
  });
}

}  // namespace
}  // namespace unroll::testing
