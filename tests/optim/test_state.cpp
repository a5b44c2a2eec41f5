// Saving and going on: as if it had never stopped; and states that do not fit.
#include "descent.h"

namespace unroll::testing {
namespace {

using State = std::map<std::string, Tensor>;

bool same_state(const State& a, const State& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.first == y.first && same_bits(x.second, y.second);
  });
}

TEST_CASE("state: a run saved and resumed is bit-identical to one never stopped") {
  for (const OptimizerEntry& entry : all_optimizers()) {
    for (const DType dtype : {DType::f32, DType::f64}) {
      for (const bool averaged : {false, true}) {
        CAPTURE(entry.name);
        CAPTURE(averaged);
        const auto make = [&]() -> std::unique_ptr<Optimizer> {
          auto optimizer = entry.make(entry.learning_rate, entry.weight_decay);
          if (!averaged) return optimizer;
          return std::make_unique<Averaged>(std::move(optimizer), AveragedOptions{.start = 30});
        };
        Lookups never(dtype);
        const auto straight = make();
        Lookups first(dtype);
        const auto stopped = make();
        CHECK(stopped->state().empty());
        for (int step = 0; step < 75; ++step) {
          straight->step(never.gradients(step, true));
          stopped->step(first.gradients(step, true));
          (void)stopped->state();  // to look at it changes nothing
        }
        const State state = stopped->state();
        CHECK(same_state(state, stopped->state()));

        Lookups second(dtype);
        second.p.copy_from(first.p);
        const auto resumed = make();
        resumed->restore(second.p, state);
        CHECK(same_state(resumed->state(), state));
        for (int step = 75; step < 150; ++step) {
          straight->step(never.gradients(step, true));
          resumed->step(second.gradients(step, true));
        }
        CHECK(same_bits(never.p.flat(), second.p.flat()));
        CHECK(same_state(straight->state(), resumed->state()));
      }
    }
  }
}

TEST_CASE("state: entries carry the names and shapes of the parameters") {
  Lookups a;
  RmsProp optimizer;
  optimizer.step(a.gradients(0, true));
  const State state = optimizer.state();
  CHECK(state.at("v.table").shape() == Shape{50, 3});
  CHECK(state.at("v.scalar").shape() == Shape{});
  CHECK(state.at("step").at(0) == 1);
  CHECK(state.at("last.table").shape() == Shape{50});
  CHECK(state.at("last.table").at(0) == 1);
  CHECK(state.at("last.table").at(1) == 0);
  CHECK(state.size() == 5);  // v of three, the step, the rows
}

TEST_CASE("state: the state before the first step resumes a run at its beginning") {
  Lookups a;
  Lookups b;
  Adam fresh;
  Adam reset;
  reset.step(a.gradients(0, true));
  reset.restore(b.p, {});
  CHECK(reset.state().empty());
  Lookups c;
  fresh.step(c.gradients(1, true));
  reset.step(b.gradients(1, true));
  CHECK(same_bits(c.p.flat(), b.p.flat()));
}

TEST_CASE("state: a state of other names, shapes or settings is refused, and nothing is changed") {
  Lookups a;
  AdaDelta optimizer;
  for (int step = 0; step < 3; ++step) optimizer.step(a.gradients(step, true));
  const State good = optimizer.state();
  const auto refuses = [&](const State& state, const char* message) {
    CHECK_THROWS_WITH_AS(optimizer.restore(a.p, state), message, Error);
    CHECK(same_state(optimizer.state(), good));
  };
  State state = good;
  state.erase("u.table");
  refuses(state, "the optimizer's state has no 'u.table'");
  state = good;
  state.erase("step");
  refuses(state, "the optimizer's state has no 'step'");
  state = good;
  state.at("v.matrix") = Tensor(DType::f64, {7, 3});
  refuses(state, "the optimizer's state 'v.matrix' is f64 (7 x 3), expected f64 (3 x 7)");
  state.at("v.matrix") = Tensor(DType::f32, {3, 7});
  refuses(state, "the optimizer's state 'v.matrix' is f32 (3 x 7), expected f64 (3 x 7)");
  state = good;
  state.emplace("m.table", good.at("v.table"));
  refuses(state,
          "the optimizer's state holds 9 tensors, expected 8: it is that of another kind of "
          "optimizer, or of other parameters");
  state = good;
  state.at("step") = Tensor::of<double>({}, {2.5});
  refuses(state,
          "the optimizer's state 'step' holds 2.5, expected a whole number of 0 to "
          "9007199254740992");
  state = good;
  state.at("last.table").values<double>()[7] = 4;
  refuses(state, "the optimizer's state 'last.table' holds 4, expected a whole number of 0 to 3");
  state = good;
  state.at("v.matrix").values<double>()[2] = -1;
  refuses(state,
          "the optimizer's state 'v.matrix' holds -1 as element 2, expected a number of 0 or more");
  state.at("v.matrix").values<double>()[2] = std::numeric_limits<double>::quiet_NaN();
  refuses(state,
          "the optimizer's state 'v.matrix' holds nan as element 2, expected a number of 0 or "
          "more");
  state = good;
  state.at("last.table") = Tensor(DType::f64, {49});
  refuses(state, "the optimizer's state 'last.table' is f64 (49), expected f64 (50)");
}

TEST_CASE("state: an optimizer refuses the gradients of a second tree") {
  Lookups a;
  Lookups b;
  Adagrad optimizer;
  optimizer.step(a.gradients(0, true));
  const Tensor before(b.p.flat());
  CHECK_THROWS_WITH_AS(
      optimizer.step(b.gradients(0, true)),
      "an optimizer was given the gradients of other parameters than in its steps before: each "
      "tree or branch of parameters needs an optimizer of its own",
      HandleError);
  CHECK(same_bits(b.p.flat(), before));
  CHECK(optimizer.slots().steps() == 1);
}

TEST_CASE("state: parameters added later outside the optimizer's branch do not disturb it") {
  const Parameters p(DType::f64, 1);
  const Parameter a = (p / "old").add("a", {2}, constant(1));
  Adagrad optimizer;
  Tape tape(DType::f64);
  optimizer.step(tape.gradients(sum(tape.parameter(a)), p / "old"));
  tape.clear();
  (void)p.add("b", {3}, zeros());
  CHECK_THROWS_WITH_AS(optimizer.step(tape.gradients(sum(tape.parameter(a)), p / "old")),
                       "parameters were added since the optimizer's first step", HandleError);
}

TEST_CASE("state: an optimizer of a branch leaves the others alone") {
  const Parameters p(DType::f64, 1);
  const Parameter frozen = (p / "body").add("W", {3, 3}, uniform(1));
  const Parameter trained = (p / "head").add("W", {3, 3}, uniform(1));
  const Tensor before(frozen.value());
  const Tensor start(trained.value());
  AdamW optimizer({.learning_rate = 0.1});
  Tape tape(DType::f64);
  for (int step = 0; step < 3; ++step) {
    tape.clear();
    const Var loss = sum(square(matmul(tape.parameter(frozen), tape.parameter(trained))));
    optimizer.step(tape.gradients(loss, p / "head"));
  }
  CHECK(same_bits(frozen.value(), before));
  CHECK(difference(trained.value(), start) > 0.1);
}

}  // namespace
}  // namespace unroll::testing
