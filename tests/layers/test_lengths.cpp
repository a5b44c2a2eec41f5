// Sequences of several lengths in one batch, in one direction and in both: padding never shows.
#include "layers/cells.h"

namespace unroll::testing {
namespace {

constexpr Index kSteps = 5;
constexpr Index kHidden = 3;
constexpr double kRounding = 1e-14;  // products of one row and of several add in another order
const std::vector<Index> kLengths = {3, 5, 1, 4};
const auto kBatch = static_cast<Index>(kLengths.size());

/// x (T, B, in) with the padding of each sequence set to `padding`.
Tensor padded(Tensor x, double padding) {
  const Index features = x.shape()[2];
  for (Index t = 0; t < kSteps; ++t) {
    for (Index b = 0; b < kBatch; ++b) {
      if (t < kLengths[static_cast<std::size_t>(b)]) continue;
      for (Index f = 0; f < features; ++f) {
        x.values<double>()[static_cast<std::size_t>((t * kBatch + b) * features + f)] = padding;
      }
    }
  }
  return x;
}

/// Sequence b of x (T, B, ...) without its padding: (length, 1, ...).
Var sequence_of(Var x, Index b) {
  return slice(rows(x, 0, kLengths[static_cast<std::size_t>(b)]), 1, b, b + 1);
}

/// The sum of the outputs of real steps under weights that are the same alone and in a batch.
Var loss_of(Var outputs, Var weights) { return sum(outputs * weights); }

TEST_CASE("length_mask: 1 for real steps, then 0") {
  Tape tape(DType::f64);
  const Var mask = length_mask(tape, kLengths, kSteps);
  CHECK(mask.value().to_doubles() ==
        std::vector<double>{1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 0});
  CHECK_THROWS_WITH_AS((void)length_mask(tape, std::vector<Index>{2, 6}, kSteps),
                       "length_mask: sequence 1 has length 6, expected 0 to 5", Error);
  CHECK_THROWS_WITH_AS((void)length_mask(tape, std::vector<Index>{-1}, kSteps),
                       "length_mask: sequence 0 has length -1, expected 0 to 5", Error);
  const Parameters p(DType::f64);
  const Rnn cell(p, 2, kHidden);
  const Var x = full(tape, {3, kBatch, 2}, 1);
  CHECK_THROWS_WITH_AS((void)unroll_over(cell, x, zero_state(cell, tape, kBatch), mask),
                       "unroll_over: a mask of (5 x 4) for x of (3 x 4 x 2): (3 x batch) is needed",
                       ShapeError);
}

TEST_CASE("lengths: a padded batch gives each sequence what it gets alone, in every cell") {
  for (const CellEntry& entry : all_cells()) {
    CAPTURE(entry.name);
    const Parameters p(DType::f64, 1);
    const AnyCell cell = entry.make(p, 2, kHidden, random_options());
    const Tensor values = padded(random_input(2, kSteps, kBatch), 100);
    const Tensor weights = random_tensor({kSteps, kBatch, kHidden}, 3);

    Tape together(DType::f64);
    const Var x = together.input(values);
    const Var mask = length_mask(together, kLengths, kSteps);
    const auto all = unroll_over(cell, x, zero_state(cell, together, kBatch), mask);
    const Var real = reshape(mask, {kSteps, kBatch, 1});
    const Var loss = loss_of(all.outputs, together.input(weights) * real);
    std::vector<double> gradients = flatten(together.gradients(loss, p), p);
    const Var dx = together.gradients(loss, std::vector<Var>{x})[0];

    std::vector<double> alone_gradients(gradients.size());
    for (Index b = 0; b < kBatch; ++b) {
      CAPTURE(b);
      Tape tape(DType::f64);
      const Var own = sequence_of(tape.input(values), b);
      const auto alone = unroll_over(cell, own, zero_state(cell, tape, 1));
      CHECK(difference(sequence_of(all.outputs, b).value(), alone.outputs.value()) < kRounding);
      const std::vector<Var> last = vars_of(all.last);
      const std::vector<Var> alone_last = vars_of(alone.last);
      for (std::size_t i = 0; i < last.size(); ++i) {
        CHECK(difference(rows(last[i], b, b + 1).value(), alone_last[i].value()) < kRounding);
      }
      const Var alone_loss = loss_of(alone.outputs, sequence_of(tape.input(weights), b));
      const std::vector<double> part = flatten(tape.gradients(alone_loss, p), p);
      for (std::size_t i = 0; i < part.size(); ++i) alone_gradients[i] += part[i];
    }
    CHECK(difference(gradients, alone_gradients) < 10 * kRounding);
    // Nothing flows into the padding.
    CHECK(sum(square(dx * (1 - real))).item() == 0);
  }
}

/// The steps of x (T, ...) in reverse.
Var reversed(Var x) {
  std::vector<Var> steps = unstack(x);
  std::reverse(steps.begin(), steps.end());
  return stack(steps);
}

TEST_CASE("bidirectional: the backward cell reads each sequence from its own end") {
  const Parameters p(DType::f64, 1);
  const Bidirectional<Lstm> both{Lstm(p / "forward", 2, kHidden, random_options()),
                                 Lstm(p / "backward", 2, kHidden, random_options())};
  Tape tape(DType::f64);
  const Tensor values = random_input(2, kSteps, kBatch);
  const Var mask = length_mask(tape, kLengths, kSteps);
  const auto start = both.zero_state(tape, kBatch);
  const auto result = both.run(tape.input(padded(values, 1e6)), start, mask);
  CHECK(result.outputs.shape() == Shape{kSteps, kBatch, 2 * kHidden});
  for (Index b = 0; b < kBatch; ++b) {
    CAPTURE(b);
    const Var own = sequence_of(tape.input(values), b);
    const auto there = unroll_over(both.forward, own, zero_state(both.forward, tape, 1));
    const auto back = unroll_over(both.backward, reversed(own), zero_state(both.backward, tape, 1));
    const std::array<Var, 2> wanted{there.outputs, reversed(back.outputs)};
    CHECK(difference(sequence_of(result.outputs, b).value(), concat(wanted, 2).value()) <
          kRounding);
    CHECK(difference(rows(result.last.backward.c, b, b + 1).value(), back.last.c.value()) <
          kRounding);
  }
}

TEST_CASE("bidirectional: layers read both directions of the one below, dropout between") {
  const Parameters p(DType::f64, 1);
  const auto make = [](const Parameters& q, Input in) {
    return Gru(q, in, kHidden, random_options());
  };
  const DeepBidirectional<Gru> deep(p, Input::one_hot(6), kHidden, 2, make);
  CHECK(p["1.backward.z.W"].shape() == Shape{kHidden, 2 * kHidden});
  Tape tape(DType::f64);
  const Var ids = tape.input(random_ids({kSteps, kBatch}, 2, 6));
  const Var mask = length_mask(tape, kLengths, kSteps);
  const auto start = deep.zero_state(tape, kBatch);
  const auto below = deep.layers[0].run(ids, start[0], mask);
  const auto above = deep.layers[1].run(below.outputs, start[1], mask);
  const auto plain = deep.run(ids, start, mask);
  CHECK(same_bits(plain.outputs.value(), above.outputs.value()));
  CHECK(same_bits(plain.last[1].forward.value(), above.last.forward.value()));

  Noise noise(1, 2);
  const auto dropped = deep.run(ids, start, mask, Dropout{0.5, noise});
  Noise same(1, 2);
  const auto drop = [&](Var x) { return dropout(x, 0.5, same.key()); };
  const Var top = deep.layers[1].run(drop(below.outputs), start[1], mask).outputs;
  CHECK(same_bits(dropped.outputs.value(), drop(top).value()));
}

TEST_CASE("bidirectional: gradients are those of finite differences") {
  const Parameters p(DType::f64, 1);
  const auto make = [](const Parameters& q, Input in) { return Lstm(q, in, 2, random_options()); };
  const DeepBidirectional<Lstm> deep(p, 2, 2, 2, make);
  const Tensor values = random_input(2, kSteps, kBatch);
  const auto f = [&](Tape& tape) {
    const Var mask = length_mask(tape, kLengths, kSteps);
    return all_of(deep.run(tape.input(values), deep.zero_state(tape, kBatch), mask));
  };
  const GradientCheck check = check_gradients(f, p, {.step = 1e-5});
  INFO(check.message);
  CHECK(check.passed);
}

TEST_CASE("lengths: values in padding, NaN too, reach no value and no gradient") {
  for (const Direction direction : {Direction::forward, Direction::backward}) {
    std::vector<double> expected;
    for (const double padding : std::array<double, 4>{0, 7, NAN, -INFINITY}) {
      const Parameters p(DType::f64, 1);
      const Lstm cell(p, 2, 3, random_options());
      Tape tape(DType::f64);
      const Var x = tape.input(Tensor::of<double>({3, 1, 2}, {.1, .2, .3, .4, padding, padding}));
      const std::vector<Index> lengths{2};
      const Var mask = length_mask(tape, lengths, 3);
      const Lstm::State last =
          unroll_over(cell, x, zero_state(cell, tape, 1), mask, direction).last;
      const Gradients gradients = tape.gradients(sum(last.h), p);
      std::vector<double> values = gradients.flat().to_doubles();
      values.push_back(sum(last.h).item());
      if (expected.empty()) expected = values;
      CHECK(values == expected);
    }
  }
}

/// Remembers all outputs: a state that grows.
struct Remembering {
  struct State {
    Var h;
    Var past;  // (B, n, H)
  };
  [[nodiscard]] static State zero_state(Tape& tape, Index batch) {
    return {full(tape, {batch, 2}, 0), full(tape, {batch, 0, 2}, 0)};
  }
  [[nodiscard]] static State step(Var x, const State& s) {
    const Var h = tanh(x + s.h);
    return {h, concat(std::array{s.past, reshape(h, {h.shape()[0], 1, 2})}, 1)};
  }
};

TEST_CASE("lengths: a state that grows cannot be masked, nor truncated by windows") {
  Tape tape(DType::f64);
  const Remembering cell;
  const Var x = tape.input(random_input(2, 4, 3));
  const Remembering::State start = Remembering::zero_state(tape, 3);
  CHECK(unroll_over(cell, x, start).last.past.shape() == Shape{3, 4, 2});
  const std::vector<Index> lengths{4, 4, 4};
  CHECK_THROWS_WITH_AS((void)unroll_over(cell, x, start, length_mask(tape, lengths, 4)),
                       "a state under a mask: part 1 of the state is (3 x 0 x 2) before the step "
                       "and (3 x 1 x 2) after it, expected one shape",
                       ShapeError);
  CHECK_THROWS_WITH_AS((void)unroll_truncated(cell, x, start, 1),
                       "unroll_truncated: part 1 of the state is (3 x 1 x 2) before the step and "
                       "(3 x 2 x 2) after it, expected one shape",
                       ShapeError);
}

/// A state of more Vars after each step; it has a for_each_var of its own.
struct History {
  Var h;
  std::vector<Var> past;
};
template <class F>
void for_each_var(History& state, F&& f) {
  f(state.h);
  for (Var& var : state.past) f(var);
}
Var output_of(const History& state) { return state.h; }

struct Recording {
  using State = History;
  [[nodiscard]] static State zero_state(Tape& tape, Index batch) {
    return {full(tape, {batch, 2}, 0), {}};
  }
  [[nodiscard]] static State step(Var x, State state) {
    state.h = tanh(x + state.h);
    state.past.push_back(state.h);
    return state;
  }
};

TEST_CASE("lengths: a state of more and more parts cannot be masked, nor truncated by windows") {
  Tape tape(DType::f64);
  const Recording cell;
  const Var x = tape.input(random_input(2, 4, 3));
  const History start = Recording::zero_state(tape, 3);
  const std::vector<Index> lengths{4, 4, 4};
  CHECK_THROWS_WITH_AS(
      (void)unroll_over(cell, x, start, length_mask(tape, lengths, 4)),
      "a state under a mask: the step makes a state of 2 parts from one of 1, expected as many",
      ShapeError);
  CHECK_THROWS_WITH_AS(
      (void)unroll_truncated(cell, x, start, 1),
      "unroll_truncated: the step makes a state of 3 parts from one of 2, expected as many",
      ShapeError);
}

TEST_CASE("lengths: x and state of different batches are refused") {
  const Parameters p(DType::f64, 1);
  const Rnn cell(p, 3, 4);
  Tape tape(DType::f64);
  const Var x = tape.input(random_input(3, 2, 1));
  CHECK_THROWS_WITH_AS(
      (void)unroll_over(cell, x, zero_state(cell, tape, 5)),
      "unroll_over: x is (2 x 1 x 3), of 1 sequences, and the output of the state (5 x 4)",
      ShapeError);
  CHECK_THROWS_WITH_AS((void)unroll_over(cell, reshape(x, {2, 3}), zero_state(cell, tape, 1)),
                       "unroll_over: x is (2 x 3): (steps x batch x features) is needed",
                       ShapeError);
}

}  // namespace
}  // namespace unroll::testing
