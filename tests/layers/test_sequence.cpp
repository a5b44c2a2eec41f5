// Cells over sequences: the worked example of the tutorials, states, stacks, cells by name.
#include "layers/cells.h"

namespace unroll::testing {
namespace {

using Numbers = std::vector<double>;

TEST_CASE("sequence: the worked example of the tutorials") {
  // A linear network with two inputs, two hidden units and two outputs, all weights 1, no biases.
  for (const DType dtype : {DType::f32, DType::f64}) {
    const Parameters p(dtype);
    CellOptions options;
    options.bias = false;
    options.W = options.U = constant(1);
    const Rnn cell(p / "cell", 2, 2, options, [](Var x) { return x; });
    const Linear readout(p / "readout", 2, 2, false, constant(1));
    Tape tape(dtype);
    const Var x = tape.input(Tensor::of<double>({3, 1, 2}, {1, 1, 1, 1, 2, 2}));
    const auto [outputs, last] = unroll_over(cell, x, zero_state(cell, tape, 1));
    CHECK(outputs.value().to_doubles() == Numbers{2, 2, 6, 6, 16, 16});
    CHECK(readout(outputs).value().to_doubles() == Numbers{4, 4, 12, 12, 32, 32});
    CHECK(last.value().to_doubles() == Numbers{16, 16});
    // dh3/dh0 = U³, and each of its elements is 4.
    const std::vector<Var> inputs{x};
    const Numbers dx = tape.gradients(last, inputs)[0].value().to_doubles();
    CHECK(dx == Numbers{8, 8, 4, 4, 2, 2});
  }
}

TEST_CASE("sequence: a state may be written as its parts") {
  const Parameters p(DType::f64, 1);
  const Lstm cell(p, 3, 5, random_options());
  Tape tape(DType::f64);
  const Var x = tape.input(random_input(3, 4, 2));
  const Lstm::State start = random_state(cell, tape, 2);
  const Var outputs = unroll_over(cell, x, {start.h, start.c}).outputs;
  CHECK(same_bits(outputs.value(), unroll_over(cell, x, start).outputs.value()));
}

TEST_CASE("sequence: the zero state has the shape of the cell and the batch") {
  const Parameters p;
  Tape tape;
  const Lstm lstm(p / "lstm", 3, 5);
  const Lstm::State state = zero_state(lstm, tape, 4);
  CHECK(state.h.shape() == Shape{4, 5});
  CHECK(state.c.shape() == Shape{4, 5});
  CHECK(sum(state.h + state.c).item() == 0);
  const Stack<Gru> stack(p / "stack", 3, 5, 3);
  CHECK(zero_state(stack, tape, 4).size() == 3);
  CHECK(zero_state(find_cell("lstm").make(p / "any", 3, 5, {}), tape, 4).vars.size() == 2);
}

TEST_CASE("sequence: recorded nodes carry their time step") {
  const Parameters p;
  const Rnn cell(p, 3, 2);
  Tape tape;
  const Var x = tape.input(random_input(3, 4, 1));
  const auto unrolled = unroll_over(cell, x, zero_state(cell, tape, 1));
  const auto step_of = [&](Var var) { return tape.graph().nodes[var.index()].step; };
  CHECK(step_of(unrolled.last) == 3);
  CHECK(step_of(unrolled.outputs) == -1);
  CHECK(step_of(x) == -1);
}

TEST_CASE("sequence: a wrong input is refused by the first step") {
  const Parameters p;
  const Rnn cell(p, 3, 2);
  Tape tape;
  const Var state = zero_state(cell, tape, 1);
  const Var wide = tape.input(Tensor(DType::f32, {4, 1, 5}));
  CHECK_THROWS_WITH_AS((void)unroll_over(cell, wide, state),
                       "linear: x is (1 x 5) and W (2 x 3): the last dimension of x has to be 3",
                       ShapeError);
  const Var nothing = tape.input(Tensor(DType::f32, {0, 1, 3}));
  CHECK_THROWS_WITH_AS((void)unroll_over(cell, nothing, state),
                       "unroll_over: x is (0 x 1 x 3): at least one step is needed", ShapeError);
}

/// Runs x in two halves with a carried state between them, the tape cleared; as one vector.
template <Cell C>
Numbers in_halves(const C& cell, const Tensor& x, DType dtype) {
  const Index half = x.shape()[0] / 2;
  Tape tape(dtype);
  const auto first =
      unroll_over(cell, rows(tape.input(x), 0, half), zero_state(cell, tape, x.shape()[1]));
  Numbers outputs = first.outputs.value().to_doubles();
  const auto carried = carry(first.last);
  tape.clear();
  const auto second = unroll_over(cell, rows(tape.input(x), half, x.shape()[0]), carried);
  const Numbers rest = second.outputs.value().to_doubles();
  outputs.insert(outputs.end(), rest.begin(), rest.end());
  return outputs;
}

template <Cell C>
void check_halves(const C& cell, DType dtype) {
  const Tensor x = random_input(3, 6, 2);
  Tape tape(dtype);
  const Var whole = unroll_over(cell, tape.input(x), zero_state(cell, tape, 2)).outputs;
  CHECK(in_halves(cell, x, dtype) == whole.value().to_doubles());
}

/// An LSTM whose step leaves out the second part of its state.
struct Forgetful {
  struct State {
    Var h, c;
  };
  [[nodiscard]] State step(Var x, State s) const { return {x + s.h, {}}; }
  Index hidden;
};

TEST_CASE("sequence: a part of a state that step() did not set is named") {
  const char* const text = "step() returned a state whose part 2 is a Var that was never recorded";
  const Forgetful cell{3};
  Tape tape;
  const Var x = tape.input(random_tensor({4, 2, 3}, 1));
  CHECK_THROWS_WITH_AS((void)unroll_over(cell, x, zero_state(cell, tape, 2)), text, HandleError);
  Stepper stepper(cell, 2);
  CHECK_THROWS_WITH_AS((void)stepper.step(random_tensor({2, 3}, 1)), text, HandleError);
}

TEST_CASE("sequence: carrying a state across a cleared tape changes no value") {
  for (const DType dtype : {DType::f32, DType::f64}) {
    const Parameters p(dtype, 1);
    check_halves(Rnn(p / "rnn", 3, 4), dtype);
    check_halves(Lstm(p / "lstm", 3, 4), dtype);
    check_halves(Stack<Lstm>(p / "stack", 3, 4, 2), dtype);
    check_halves(find_cell("gru").make(p / "any", 3, 4, {}), dtype);
  }
}

TEST_CASE("sequence: carry and restore keep every part, and no gradient flows through") {
  const Parameters p(DType::f64, 1);
  const Stack<Lstm> cell(p, 3, 2, 2);
  Tape tape(DType::f64);
  const auto first =
      unroll_over(cell, tape.input(random_input(3, 3, 2)), random_state(cell, tape, 2));
  const auto carried = carry(first.last);
  CHECK(carried.values.size() == 4);
  const std::vector<Var> before = vars_of(first.last);
  const std::vector<Var> after = vars_of(restore(tape, carried));
  for (std::size_t i = 0; i < before.size(); ++i) {
    CHECK(same_bits(before[i].value(), after[i].value()));
    CHECK(same_bits(before[i].value(), carried.values[i]));
  }
  const Var loss = weighted_sum(add_up(after), 1);
  for (const double value : flatten(tape.gradients(loss, p, Tape::Unreached::zero), p))
    CHECK(value == 0);
  for (const Var& dx : tape.gradients(loss, before)) {
    CHECK(sum(square(dx)).item() == 0);
  }
  // On another tape, too.
  Tape other(DType::f64);
  CHECK(same_bits(restore(other, carried)[1].c.value(), before[3].value()));
}

TEST_CASE("sequence: each layer of a stack reads the one below") {
  const Parameters p(DType::f64, 1);
  const Stack<Lstm> stack(p, 3, 4, 3, random_options());
  Tape tape(DType::f64);
  const Var x = tape.input(random_input(3, 5, 2));
  const auto start = random_state(stack, tape, 2);
  const auto unrolled = unroll_over(stack, x, start);
  // Layer by layer over the whole sequence instead of step by step over all layers.
  Var below = x;
  for (std::size_t layer = 0; layer < 3; ++layer) {
    const auto one = unroll_over(stack.cells[layer], below, start[layer]);
    CHECK(difference(unrolled.last[layer].c.value(), one.last.c.value()) < 1e-14);
    below = one.outputs;
  }
  CHECK(difference(unrolled.outputs.value(), below.value()) < 1e-14);
}

TEST_CASE("sequence: a cell chosen by name computes what its type computes") {
  const Parameters typed(DType::f64, 3);
  const Parameters named(DType::f64, 3);
  const Lstm lstm(typed / "cell", 3, 4);
  const AnyCell any = find_cell("lstm").make(named / "cell", 3, 4, {});
  const AnyCell copy = any;  // copies share the cell
  Tape tape(DType::f64);
  const Var x = tape.input(random_input(3, 5, 2));
  const auto a = unroll_over(lstm, x, random_state(lstm, tape, 2));
  const auto b = unroll_over(copy, x, random_state(copy, tape, 2));
  CHECK(same_bits(a.outputs.value(), b.outputs.value()));
  CHECK(same_bits(a.last.h.value(), output_of(b.last).value()));
  CHECK(same_bits(a.last.c.value(), b.last.vars[1].value()));
  CHECK(flatten(tape.gradients(weighted_sum(a.outputs, 1), typed), typed) ==
        flatten(tape.gradients(weighted_sum(b.outputs, 1), named), named));
}

TEST_CASE("sequence: AnyCell holds a user's own cell") {
  const Parameters p(DType::f64, 3);
  const Rnn cell(p, 3, 4, {}, softplus);
  const AnyCell any(cell);
  Tape tape(DType::f64);
  const Var x = tape.input(random_input(3, 5, 2));
  CHECK(same_bits(unroll_over(any, x, zero_state(any, tape, 2)).outputs.value(),
                  unroll_over(cell, x, zero_state(cell, tape, 2)).outputs.value()));
}

/// The cell of the README: it takes no options.
struct PlainGru {
  using State = Var;
  Index hidden;
  Gate z, r, n;

  PlainGru(const Parameters& p, Input in, Index hidden)
      : hidden(hidden), z(p / "z", in, hidden), r(p / "r", in, hidden), n(p / "n", in, hidden) {}

  [[nodiscard]] Var step(Var x, Var h) const {
    Var zt = sigmoid(z(x, h));
    Var rt = sigmoid(r(x, h));
    Var nt = tanh(n(x, rt * h));
    return (1 - zt) * nt + zt * h;
  }
};

TEST_CASE("sequence: a cell without options can be stacked, alone and with shortcuts") {
  const Parameters p(DType::f64, 1);
  const Stack<PlainGru> plain(p / "plain", 3, 4, 2);
  const Stack<Residual<PlainGru>> residual(p / "residual", 3, 4, 2);
  Tape tape(DType::f64);
  const Var x = tape.input(random_input(3, 5, 2));
  CHECK(unroll_over(plain, x, zero_state(plain, tape, 2)).outputs.shape() == Shape{5, 2, 4});
  CHECK(unroll_over(residual, x, zero_state(residual, tape, 2)).outputs.shape() == Shape{5, 2, 4});
}

}  // namespace
}  // namespace unroll::testing
