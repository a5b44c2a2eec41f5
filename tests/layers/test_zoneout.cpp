// What wraps a cell: zoneout, shortcuts, a learned beginning.
#include "layers/cells.h"

namespace unroll::testing {
namespace {

constexpr Index kSteps = 4;
constexpr Index kBatch = 3;
constexpr Index kHidden = 5;
const Input kDense(5);

TEST_CASE("zoneout: in evaluation each state is the mean of the old and the new") {
  const Parameters p(DType::f64, 1);
  const Lstm cell(p, kDense, kHidden, random_options());
  const Zoneout<Lstm> zoneout(cell, {0.1, 0.4});
  Tape tape(DType::f64);
  const Var x = select(tape.input(random_input(kDense, 1, kBatch)), 0);
  const Lstm::State before = random_state(cell, tape, kBatch);
  const Lstm::State next = cell.step(x, before);
  const Lstm::State mixed = zoneout.step(x, before);
  CHECK(difference(mixed.h.value(), (0.1 * before.h + 0.9 * next.h).value()) < 1e-15);
  CHECK(difference(mixed.c.value(), (0.4 * before.c + 0.6 * next.c).value()) < 1e-15);
}

TEST_CASE("zoneout: in training each unit keeps the old value or takes the new") {
  const Parameters p(DType::f64, 1);
  const Gru cell(p, kDense, 100, random_options());
  const Zoneout<Gru> zoneout(cell, {0.3});
  Tape tape(DType::f64);
  const Var x = select(tape.input(random_input(kDense, 1, kBatch)), 0);
  const Var before = random_state(cell, tape, kBatch);
  Noise noise(1, 1);
  const Var mixed = zoneout.training(noise).step(x, before);
  const Var next = cell.step(x, before);
  int kept = 0;
  for (Index i = 0; i < 300; ++i) {
    const double value = mixed.value().at(i);
    CHECK((value == before.value().at(i) || value == next.value().at(i)));
    kept += value == before.value().at(i) ? 1 : 0;
  }
  CHECK(kept > 60);  // 90 expected, standard deviation 8
  CHECK(kept < 120);
}

TEST_CASE("zoneout: every step has its own draw, repeatable, with right gradients") {
  const Parameters p(DType::f64, 1);
  const Zoneout<Lstm> zoneout(Lstm(p, kDense, 3, random_options()), {0.4});
  const Tensor input = random_input(kDense, kSteps, 2);
  const auto f = [&](Tape& tape) {
    Noise noise(9, 1);
    const auto training = zoneout.training(noise);
    return all_of(unroll_over(training, tape.input(input), zoneout.zero_state(tape, 2)));
  };
  Tape tape(DType::f64);
  CHECK(same_bits(f(tape).value(), f(tape).value()));
  const GradientCheck check = check_gradients(f, p, {.step = 1e-5, .relative_tolerance = 1e-6});
  INFO(check.message);
  CHECK(check.passed);
}

TEST_CASE("zoneout: rates outside [0, 1] are refused") {
  const Parameters p;
  const Rnn cell(p, kDense, kHidden);
  CHECK_THROWS_WITH_AS((Zoneout<Rnn>(cell, {})), "Zoneout: at least one rate is needed", Error);
  CHECK_THROWS_WITH_AS((Zoneout<Rnn>(cell, {0.5, 1})), "Zoneout: rate 1: expected 0 <= rate < 1",
                       Error);
}

TEST_CASE("residual: the output is h + x where the sizes fit, the state stays the cell's") {
  const Parameters p(DType::f64, 1);
  const Stack<Residual<Lstm>> stack(p, 3, kHidden, 3, random_options());
  Tape tape(DType::f64);
  const Var x = tape.input(random_input(3, kSteps, kBatch));
  const auto result = unroll_over(stack, x, zero_state(stack, tape, kBatch));

  const auto run = [&](std::size_t layer, Var input) {
    const Lstm& cell = stack.cells[layer].cell;
    return unroll_over(cell, input, zero_state(cell, tape, kBatch));
  };
  const Var h0 = run(0, x).outputs;  // 3 features in, 5 out: no shortcut
  const Var h1 = run(1, h0).outputs + h0;
  const auto top = run(2, h1);
  CHECK(same_bits(result.outputs.value(), (top.outputs + h1).value()));
  CHECK(same_bits(result.last[2].inner.c.value(), top.last.c.value()));
  // Its state is carried as any other.
  const auto carried = carry(result.last);
  Tape next(DType::f64);
  CHECK(same_bits(restore(next, carried)[2].inner.c.value(), top.last.c.value()));
}

TEST_CASE("residual: ids as x are refused a shortcut") {
  const Parameters p(DType::f64, 1);
  const Residual<Rnn> cell(p, Input::one_hot(kBatch), kHidden, random_options());
  Tape tape(DType::f64);
  const Var ids = tape.input(random_ids({kSteps, kBatch}, 1, kBatch));
  const Var outputs = unroll_over(cell, ids, zero_state(cell, tape, kBatch)).outputs;
  const Var plain = unroll_over(cell.cell, ids, zero_state(cell.cell, tape, kBatch)).outputs;
  CHECK(same_bits(outputs.value(), plain.value()));
}

TEST_CASE("learned state: begins as the zero state, one for all sequences, and is learned") {
  const Parameters p(DType::f64, 1);
  const Stack<Lstm> stack(p / "stack", kDense, 3, 2, random_options());
  const LearnedState<Stack<Lstm>> first(p / "first", stack);
  CHECK(p["first.3"].shape() == Shape{1, 3});
  Tape tape(DType::f64);
  for (const Var& var : vars_of(first(tape, kBatch))) {
    CHECK(var.shape() == Shape{kBatch, 3});
    CHECK(sum(square(var)).item() == 0);
  }
  const Tensor input = random_input(kDense, 2, kBatch);
  const auto f = [&](Tape& t) {
    return all_of(unroll_over(stack, t.input(input), first(t, kBatch)));
  };
  const GradientCheck check = check_gradients(f, p, {.step = 1e-5});
  INFO(check.message);
  CHECK(check.passed);
  tape.clear();
  const Gradients gradients = tape.gradients(sum(f(tape)), p);
  CHECK(std::abs(gradients[p["first.1"]].at(0)) > 1e-6);
}

}  // namespace
}  // namespace unroll::testing
