// Truncated backpropagation through time with a window for every output, against the definition.
#include "layers/cells.h"

#include <functional>

namespace unroll::testing {
namespace {

constexpr Index kHidden = 3;

/// A loss over all outputs and the last state, with the gradients that are compared.
struct Result {
  std::vector<double> outputs;
  std::vector<double> gradients;  // of parameters, then x where it is dense, then the state
};

template <Cell C>
using State = typename C::State;
template <Cell C>
using Unroll = std::function<Unrolled<State<C>>(Var x, State<C> state)>;

template <Cell C>
Result run(const C& cell, const Parameters& p, const Tensor& x, const Unroll<C>& unroll) {
  Tape tape(DType::f64);
  const Var input = tape.input(x);
  const State<C> start = random_state(cell, tape, x.shape()[1]);
  const Var all = all_of(unroll(input, start));
  const Var loss = weighted_sum(all, 3);
  std::vector<Var> wrt = vars_of(start);
  if (is_floating(x.dtype())) wrt.push_back(input);
  Result result{all.value().to_doubles(), flatten(tape.gradients(loss, p), p)};
  for (const Var& dx : tape.gradients(loss, wrt)) {
    const std::vector<double> values = dx.value().to_doubles();
    result.gradients.insert(result.gradients.end(), values.begin(), values.end());
  }
  return result;
}

template <class S>
S stopped(S state) {
  for_each_var(state, [](Var& var) { var = stop_gradient(var); });
  return state;
}

/// The definition, word for word: output t is computed anew in a window of its own, which begins
/// `steps_back` steps before t with a constant state, or with the sequence.
template <Cell C>
Unrolled<State<C>> by_definition(const C& cell, Var x, State<C> start, Index steps_back) {
  const Index steps = x.shape()[0];
  std::vector<State<C>> states{start};  // before each step
  for (Index t = 0; t < steps; ++t) states.push_back(cell.step(select(x, t), states.back()));
  std::vector<Var> outputs;
  State<C> state = start;
  for (Index t = 0; t < steps; ++t) {
    const Index begin = std::max<Index>(0, t - steps_back);
    state = begin == 0 ? start : stopped(states[static_cast<std::size_t>(begin)]);
    for (Index i = begin; i <= t; ++i) state = cell.step(select(x, i), state);
    outputs.push_back(output_of(state));
  }
  return {stack(outputs), state};
}

template <Cell C>
void check_cell(std::string_view name, const C& cell, const Parameters& p, Input in) {
  constexpr Index kSteps = 7;
  for (const Index batch : {1, 3}) {
    const Tensor x = random_input(in, kSteps, batch);
    const Result full =
        run<C>(cell, p, x, [&](Var v, State<C> s) { return unroll_over(cell, v, s); });
    for (Index steps_back = 0; steps_back <= kSteps + 1; ++steps_back) {
      const Result found = run<C>(
          cell, p, x, [&](Var v, State<C> s) { return unroll_truncated(cell, v, s, steps_back); });
      const Result wanted = run<C>(
          cell, p, x, [&](Var v, State<C> s) { return by_definition(cell, v, s, steps_back); });
      INFO(name, in.ids ? ", ids" : ", dense", ", batch ", batch, ", ", steps_back, " steps back");
      CHECK(difference(found.outputs, full.outputs) < 1e-14);
      CHECK(difference(found.gradients, wanted.gradients) < 1e-13);
      const double truncated = difference(found.gradients, full.gradients);
      // The last output has kSteps - 1 steps before it.
      if (steps_back >= kSteps - 1) {
        CHECK(truncated < 1e-13);
      } else {
        CHECK(truncated > 1e-6);
      }
    }
  }
}

TEST_CASE("truncated: values of the whole sequence, gradients of windows") {
  for (const Input& in : {Input(2), Input::one_hot(4)}) {
    const Parameters p(DType::f64, 2);
    check_cell("rnn", Rnn(p / "rnn", in, kHidden, random_options()), p / "rnn", in);
    check_cell("lstm", Lstm(p / "lstm", in, kHidden, random_options()), p / "lstm", in);
    check_cell("gru", Gru(p / "gru", in, kHidden, random_options()), p / "gru", in);
    check_cell("stack", Stack<Lstm>(p / "stack", in, kHidden, 2, random_options()), p / "stack",
               in);
    check_cell("any", find_cell("lstm").make(p / "any", in, kHidden, random_options()), p / "any",
               in);
  }
}

TEST_CASE("truncated: a sequence of one step and no step back works") {
  const Parameters p(DType::f64, 2);
  const Rnn cell(p, 2, kHidden);
  Tape tape(DType::f64);
  const Var x = tape.input(random_input(2, 1, 3));
  const Var state = random_state(cell, tape, 3);
  const auto a = unroll_truncated(cell, x, state, 0);
  CHECK(same_bits(a.outputs.value(), unroll_over(cell, x, state).outputs.value()));
}

TEST_CASE("truncated: gradients reach as far back as asked, and no further") {
  constexpr Index kSteps = 9;
  const Parameters p(DType::f64, 2);
  const Lstm cell(p, 2, kHidden);
  for (const Index steps_back : {0, 1, 3, 5}) {
    Tape tape(DType::f64);
    const std::vector<Var> x{tape.input(random_input(2, kSteps, 1))};
    const auto unrolled = unroll_truncated(cell, x[0], zero_state(cell, tape, 1), steps_back);
    for (Index t = 0; t < kSteps; ++t) {
      const Var dx = tape.gradients(select(unrolled.outputs, t), x)[0];
      for (Index i = 0; i < kSteps; ++i) {
        const bool reached = sum(square(select(dx, i))).item() != 0;
        CHECK(reached == (i <= t && i >= t - steps_back));
      }
    }
  }
}

TEST_CASE("truncated: the tape grows with T + steps back, not with their product") {
  const Parameters p;
  const Lstm cell(p, 2, kHidden);
  const auto nodes = [&](Index steps, Index steps_back) {
    Tape tape;
    const Var x = tape.input(random_input(2, steps, 1));
    const auto unrolled = steps_back < 0
                              ? unroll_over(cell, x, zero_state(cell, tape, 1))
                              : unroll_truncated(cell, x, zero_state(cell, tape, 1), steps_back);
    (void)tape.gradients(sum(unrolled.outputs), p);
    return static_cast<double>(tape.node_count());
  };
  const double whole = nodes(64, -1);
  for (const Index steps_back : {0, 4, 16, 48}) {
    // With a window of its own for every output it would be 17 times as much at 16 steps back.
    CHECK(nodes(64, steps_back) < 1.6 * whole);
  }
  // One more step back is one more step of the windows: the same number of nodes each time.
  CHECK(nodes(64, 12) - nodes(64, 11) == nodes(64, 6) - nodes(64, 5));
  CHECK(nodes(80, 8) - nodes(72, 8) == nodes(56, 8) - nodes(48, 8));
}

TEST_CASE("truncated: a negative number of steps back is refused") {
  const Parameters p;
  const Rnn cell(p, 2, kHidden);
  Tape tape;
  const Var x = tape.input(random_input(2, 3, 1));
  CHECK_THROWS_WITH_AS((void)unroll_truncated(cell, x, zero_state(cell, tape, 1), -1),
                       "unroll_truncated: -1 steps back, expected 0 or more", Error);
}

}  // namespace
}  // namespace unroll::testing
