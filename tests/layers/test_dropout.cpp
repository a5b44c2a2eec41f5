// What is forgotten in training: between layers, in recurrent products, in weights.
#include "layers/cells.h"

namespace unroll::testing {
namespace {

constexpr Index kSteps = 4;
constexpr Index kBatch = 3;
constexpr Index kHidden = 5;
const Input kDense(4);

/// 1 where a mask of dropout kept, 0 where it dropped.
std::vector<double> kept(Var mask) {
  std::vector<double> values = mask.value().to_doubles();
  for (double& value : values) value = value == 0 ? 0 : 1;
  return values;
}

TEST_CASE("noise: every use has its own key, the same again at the same step") {
  Tape tape(DType::f64);
  const Var ones = full(tape, {1000}, 1);
  Noise noise(3, 7);
  const std::vector<double> first = kept(dropout(ones, 0.5, noise.key()));
  const std::vector<double> second = kept(dropout(ones, 0.5, noise.key()));
  CHECK(first != second);
  Noise again(3, 7);
  CHECK(kept(dropout(ones, 0.5, again.key())) == first);
  CHECK(kept(dropout(ones, 0.5, again.key())) == second);
  Noise next_step(3, 8);
  CHECK(kept(dropout(ones, 0.5, next_step.key())) != first);
  Noise other_seed(4, 7);
  CHECK(kept(dropout(ones, 0.5, other_seed.key())) != first);
}

TEST_CASE("unroll_layers: without dropout the same as step after step") {
  for (const Input& in : {kDense, Input::one_hot(6)}) {
    const Parameters p(DType::f64, 1);
    const Stack<Lstm> stack(p, in, kHidden, 3, random_options());
    Tape tape(DType::f64);
    const Var x = tape.input(random_input(in, kSteps, kBatch));
    const auto state = random_state(stack, tape, kBatch);
    Noise noise(1, 1);
    const Var steps = all_of(unroll_over(stack, x, state));
    CHECK(same_bits(all_of(unroll_layers(stack, x, state)).value(), steps.value()));
    CHECK(same_bits(all_of(unroll_layers(stack, x, state, Dropout{0, noise})).value(),
                    steps.value()));
  }
}

TEST_CASE("unroll_layers: dropout stands before each layer and after the last, nowhere else") {
  const Parameters p(DType::f64, 1);
  const Stack<Gru> stack(p, kDense, kHidden, 2, random_options());
  Tape tape(DType::f64);
  const Var x = tape.input(random_input(kDense, kSteps, kBatch));
  const auto state = random_state(stack, tape, kBatch);
  Noise noise(5, 2);
  const auto dropped = unroll_layers(stack, x, state, Dropout{0.4, noise});

  Noise same(5, 2);
  const auto drop = [&](Var v) { return dropout(v, 0.4, same.key()); };
  const auto below = unroll_over(stack.cells[0], drop(x), state[0]);
  const auto above = unroll_over(stack.cells[1], drop(below.outputs), state[1]);
  CHECK(same_bits(dropped.outputs.value(), drop(above.outputs).value()));
  CHECK(same_bits(dropped.last[0].value(), below.last.value()));
  CHECK(same_bits(dropped.last[1].value(), above.last.value()));
}

TEST_CASE("unroll_layers: ids are not dropped, what they stand for is") {
  const Parameters p(DType::f64, 1);
  const Stack<Rnn> stack(p, Input::one_hot(6), kHidden, 1, random_options());
  Tape tape(DType::f64);
  const Var ids = tape.input(random_ids({kSteps, kBatch}, 2, 6));
  Noise noise(5, 2);
  const auto unrolled =
      unroll_layers(stack, ids, zero_state(stack, tape, kBatch), Dropout{0.4, noise});
  Noise same(5, 2);
  const Var outputs = unroll_over(stack, ids, zero_state(stack, tape, kBatch)).outputs;
  CHECK(same_bits(unrolled.outputs.value(), dropout(outputs, 0.4, same.key()).value()));
}

TEST_CASE("dropout_over_time: one mask for all steps, another for each sequence") {
  Tape tape(DType::f64);
  const Var x = full(tape, {kSteps, kBatch, 50}, 1);
  Noise noise(1, 1);
  const Var y = dropout_over_time(x, 0.5, noise);
  const std::vector<double> first = kept(select(y, 0));
  for (Index t = 1; t < kSteps; ++t) CHECK(kept(select(y, t)) == first);
  CHECK(kept(select(select(y, 0), 0)) != kept(select(select(y, 0), 1)));
  for (const double value : y.value().to_doubles()) CHECK((value == 0 || value == 2));
}

TEST_CASE("drop_recurrent: h is masked where U reads it, and nowhere else") {
  const Parameters p(DType::f64, 1);
  const GruResetBefore cell(p / "cell", kDense, kHidden, random_options());
  Tape tape(DType::f64);
  const Var x = tape.input(random_input(kDense, 1, kBatch));
  const Var h = random_state(cell, tape, kBatch);
  Noise noise(2, 3);
  drop_recurrent(tape, p / "cell", kBatch, 0.5, noise);
  const Var dropped = cell.step(select(x, 0), h);

  // The equations with the masks written out, a key for each U in the order of the parameters.
  Noise same(2, 3);
  const auto mask = [&] { return dropout(full(tape, {kBatch, kHidden}, 1), 0.5, same.key()); };
  const Var mask_z = mask();
  const Var mask_r = mask();
  const Var mask_n = mask();
  const auto product = [&](Var v, const Gate& gate) { return linear(v, tape.parameter(gate.U)); };
  const Var x0 = select(x, 0);
  const Var z = sigmoid(cell.z.x(x0) + product(h * mask_z, cell.z));
  const Var r = sigmoid(cell.r.x(x0) + product(h * mask_r, cell.r));
  const Var n = tanh(cell.n.x(x0) + product(r * h * mask_n, cell.n));
  CHECK(difference(dropped.value(), ((1 - z) * n + z * h).value()) < 1e-15);

  // Another tape, and this one once cleared, evaluate.
  const Tensor masked(dropped.value());
  tape.clear();
  const Var plain = cell.step(select(tape.input(random_input(kDense, 1, kBatch)), 0),
                              random_state(cell, tape, kBatch));
  CHECK(difference(plain.value(), masked) > 1e-3);
}

TEST_CASE("drop_weights: U is a dropped copy for all steps, its gradient the parameter's") {
  const Parameters p(DType::f64, 1);
  const Rnn cell(p / "cell", kDense, kHidden, random_options());
  Tape tape(DType::f64);
  const Var x = tape.input(random_input(kDense, kSteps, kBatch));
  const Var h = random_state(cell, tape, kBatch);
  const Var original = tape.parameter(cell.gate.U);
  Noise noise(2, 3);
  drop_weights(tape, p / "cell", 0.5, noise);
  const Var loss = weighted_sum(unroll_over(cell, x, h).outputs, 1);

  Noise same(2, 3);
  const Var U = dropout(original, 0.5, same.key());
  std::vector<Var> outputs;
  Var state = h;
  for (Index t = 0; t < kSteps; ++t) {
    state = tanh(cell.gate.x(select(x, t)) + linear(state, U));
    outputs.push_back(state);
  }
  const Var wanted = weighted_sum(stack(outputs), 1);
  CHECK(difference(loss.value(), wanted.value()) < 1e-14);
  const Var dU = tape.gradients(wanted, std::vector<Var>{original})[0];
  CHECK(difference(tape.gradients(loss, p)[cell.gate.U], dU.value()) < 1e-14);
  const std::vector<double> mask = kept(U);
  CHECK(std::ranges::count(mask, 0) > 0);
  CHECK(std::ranges::count(mask, 1) > 0);
}

TEST_CASE("regularisers: gradients of zoneout and dropout are those of finite differences") {
  const Parameters p(DType::f64, 1);
  const Stack<Lstm> stack(p / "stack", kDense, 3, 2, random_options());
  const Tensor input = random_input(kDense, 3, 2);
  const auto f = [&](Tape& tape) {
    Noise noise(4, 4);
    drop_recurrent(tape, p / "stack" / 0, 2, 0.3, noise);
    drop_weights(tape, p / "stack" / 1, 0.3, noise);
    const Var x = dropout_over_time(tape.input(input), 0.3, noise);
    return all_of(unroll_layers(stack, x, zero_state(stack, tape, 2), Dropout{0.3, noise}));
  };
  const GradientCheck check = check_gradients(f, p, {.step = 1e-5, .relative_tolerance = 1e-6});
  INFO(check.message);
  CHECK(check.passed);
}

TEST_CASE("tape: a parameter is replaced by a Var of its shape, until it changes") {
  const Parameters p(DType::f64, 1);
  const Parameter w = p.add("w", {2}, constant(3));
  Tape tape(DType::f64);
  CHECK_THROWS_WITH_AS(tape.replace(w, full(tape, {3}, 1)),
                       "parameter 'w' is (2): it cannot be replaced by (3)", ShapeError);
  tape.replace(w, tape.parameter(w) * 2);
  CHECK(tape.parameter(w).value().to_doubles() == std::vector<double>{6, 6});
  tape.replace(w, tape.parameter(w) + 1);  // of what it reads as by then
  CHECK(tape.parameter(w).value().to_doubles() == std::vector<double>{7, 7});
  const Gradients gradients = tape.gradients(sum(square(tape.parameter(w))), p);
  CHECK(Tensor(gradients[w]).view().to_doubles() == std::vector<double>{28, 28});
  w.set(Tensor::of<double>({2}, {5, 5}));
  CHECK(tape.parameter(w).value().to_doubles() == std::vector<double>{5, 5});
  tape.clear();
  CHECK(tape.parameter(w).value().to_doubles() == std::vector<double>{5, 5});
}

}  // namespace
}  // namespace unroll::testing
