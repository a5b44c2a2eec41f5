// The list of optimizers, and settings that make no sense.
#include "descent.h"

#include <set>

namespace unroll::testing {
namespace {

TEST_CASE("optimizers: the list has each by its name, with its source and equations") {
  std::set<std::string_view> names;
  for (const OptimizerEntry& entry : all_optimizers()) {
    CAPTURE(entry.name);
    CHECK(names.insert(entry.name).second);
    CHECK(&find_optimizer(entry.name) == &entry);
    CHECK_FALSE(entry.source.empty());
    CHECK(entry.equations.find("p -= ") != std::string_view::npos);
    CHECK(entry.learning_rate > 0);
    CHECK(entry.make(0.25, 0)->learning_rate == 0.25);
  }
  CHECK(names.size() == 10);
}

TEST_CASE("optimizers: an unknown name is refused with the list of names") {
  CHECK_THROWS_WITH_AS((void)find_optimizer("Adam"),
                       "no optimizer 'Adam'; there are: sgd, momentum, nesterov, rmsprop, "
                       "rmsprop-inside, rmsprop-graves, adadelta, adam, adamw, adagrad",
                       Error);
}

TEST_CASE("optimizers: every optimizer lowers a loss with its default settings") {
  for (const OptimizerEntry& entry : all_optimizers()) {
    for (const DType dtype : {DType::f32, DType::f64}) {
      CAPTURE(entry.name);
      const Parameters p(dtype, 1);
      const Parameter a = p.add("a", {5}, uniform(1));
      const auto optimizer = entry.make(entry.learning_rate, entry.weight_decay);
      Tape tape(dtype);
      const auto loss = [&] {
        tape.clear();
        return sum(square(tape.parameter(a) - 0.4));
      };
      const double before = loss().item();
      for (int step = 0; step < 200; ++step) optimizer->step(tape.gradients(loss(), p));
      CHECK(loss().item() < 0.97 * before);
    }
  }
}

TEST_CASE("optimizers: the learning rate may change between steps") {
  const Parameters p(DType::f64);
  const Parameter a = p.add("a", {1}, constant(1));
  Sgd optimizer(0.5);
  Tape tape(DType::f64);
  optimizer.step(tape.gradients(sum(tape.parameter(a)), p));
  optimizer.learning_rate = 0.125;
  optimizer.step(tape.gradients(sum(tape.parameter(a)), p));
  CHECK(a.value().at(0) == 0.375);
}

TEST_CASE("optimizers: gaps between parameters and empty parameters produce no NaN") {
  for (const OptimizerEntry& entry : all_optimizers()) {
    CAPTURE(entry.name);
    const Parameters p(DType::f32, 1);
    const Parameter a = p.add("a", {3}, uniform(1));
    (void)p.add("nothing", {0, 4}, zeros());
    (void)p.add("unused", {2}, zeros());
    const auto optimizer = entry.make(entry.learning_rate, 0.1);
    Tape tape;
    for (int step = 0; step < 3; ++step) {
      tape.clear();
      optimizer->step(tape.gradients(sum(tape.parameter(a)), p));
    }
    for (const float value : p.values<float>()) CHECK(std::isfinite(value));
    const auto again = entry.make(entry.learning_rate, 0.1);
    again->restore(p, optimizer->state());
    CHECK(again->state().size() == optimizer->state().size());
  }
}

TEST_CASE("optimizers: settings that make no sense are refused") {
  const auto refuses = [](auto make, const char* message) {
    CHECK_THROWS_WITH_AS(make(), message, Error);
  };
  refuses([] { Sgd(-1); }, "Sgd: a learning rate of -1, expected one of 0 or above");
  refuses([] { Sgd{NAN}; }, "Sgd: a learning rate of nan, expected one of 0 or above");
  refuses([] { Sgd({.momentum = 1}); },
          "Sgd: a momentum of 1, expected one of 0 or above and below 1");
  refuses([] { Sgd({.weight_decay = -0.1}); },
          "Sgd: a weight decay of -0.1, expected one of 0 or above");
  refuses([] { Sgd({.nesterov = true}); }, "Sgd: nesterov needs a momentum above 0");
  refuses([] { RmsProp({.decay = 1}); },
          "RmsProp: a decay of 1, expected one of 0 or above and below 1");
  refuses([] { RmsProp({.epsilon = 0}); }, "RmsProp: an epsilon of 0, expected one above 0");
  refuses([] { RmsProp({.momentum = -0.5}); },
          "RmsProp: a momentum of -0.5, expected one of 0 or above and below 1");
  refuses([] { AdaDelta({.decay = -1}); },
          "AdaDelta: a decay of -1, expected one of 0 or above and below 1");
  refuses([] { AdaDelta({.epsilon = -1}); }, "AdaDelta: an epsilon of -1, expected one above 0");
  refuses([] { Adagrad({.epsilon = 0}); }, "Adagrad: an epsilon of 0, expected one above 0");
  refuses([] { Adam({.beta1 = 1}); }, "Adam: a beta1 of 1, expected one of 0 or above and below 1");
  refuses([] { AdamW({.beta2 = 1.5}); },
          "AdamW: a beta2 of 1.5, expected one of 0 or above and below 1");
  refuses([] { AdamW({.learning_rate = INFINITY}); },
          "AdamW: a learning rate of inf, expected one of 0 or above");
}

TEST_CASE("optimizers: an epsilon that is 0 in f32 is refused where parameters are f32") {
  const auto refused = [](Optimizer&& optimizer, const char* text) {
    for (const DType dtype : {DType::f32, DType::f64}) {
      const Parameters p(dtype);
      const Parameter w = p.add("w", {2}, constant(1));
      Tape tape(dtype);
      const Gradients gradients = tape.gradients(sum(tape.parameter(w)), p);
      if (dtype == DType::f64) {
        CHECK_NOTHROW(optimizer.step(gradients));
      } else {
        CHECK_THROWS_WITH_AS(optimizer.step(gradients), text, Error);
        CHECK(w.value().at(0) == 1);
      }
    }
  };
  refused(Adam({.epsilon = 1e-50}),
          "Adam: an epsilon of 1e-50 is 0 in f32, the type of the parameters");
  refused(AdamW({.epsilon = 1e-50}),
          "AdamW: an epsilon of 1e-50 is 0 in f32, the type of the parameters");
  refused(RmsProp({.epsilon = 1e-50}),
          "RmsProp: an epsilon of 1e-50 is 0 in f32, the type of the parameters");
  refused(AdaDelta({.epsilon = 1e-50}),
          "AdaDelta: an epsilon of 1e-50 is 0 in f32, the type of the parameters");
}

TEST_CASE("optimizers: moments that fade end at 0, not at subnormal numbers") {
  for (const OptimizerEntry& entry : all_optimizers()) {
    CAPTURE(entry.name);
    const Parameters p(DType::f32);
    const Parameter w = p.add("w", {40}, constant(1));
    const auto optimizer = entry.make(1e-3, 0);
    Tape tape;
    for (int step = 0; step < 2500; ++step) {
      tape.clear();
      const double slope = step == 0 ? 1e-15 : 0;  // once, then never again
      optimizer->step(tape.gradients(sum(slope * tape.parameter(w)), p));
    }
    for (const auto& slot : optimizer->state()) {
      if (!is_floating(slot.second.dtype())) continue;
      CAPTURE(slot.first);
      for (const double value : slot.second.to_doubles()) {
        CHECK((value == 0 || std::abs(value) >= std::numeric_limits<float>::min()));
      }
    }
  }
}

}  // namespace
}  // namespace unroll::testing
