// A scope without gradients: the same values in less memory. Replays: the same step again and
// again.
#include "core/plan/planned.h"

#include <unroll/core/replay.h>

namespace unroll::testing {
namespace {

/// The last of `steps` states of h' = tanh(U h + W x), in two layers.
struct TwoLayers {
  explicit TwoLayers(Tape& tape, Index steps = 12) {
    std::array<Parameter, 2> U;
    std::array<Parameter, 2> W;
    for (std::size_t i = 0; i < 2; ++i) {
      const Parameters layer = parameters / static_cast<Index>(i);
      U[i] = layer.add("U", {16, 16}, uniform(0.5));
      W[i] = layer.add("W", {16, 16}, uniform(0.5));
    }
    states = unstack(leaf(tape, {steps, 4, 16}, 1));
    for (std::size_t i = 0; i < 2; ++i) {
      Var h = full(tape, {4, 16}, 0);
      for (Var& x : states) {
        x = h = tanh(linear(h, tape.parameter(U[i])) + linear(x, tape.parameter(W[i])));
      }
    }
  }
  Parameters parameters{DType::f64, 3};
  std::vector<Var> states;
};

TEST_CASE("inference: values are those computed with gradients") {
  Tape reference(DType::f64);
  reference.set_passes(Passes::none());
  const TwoLayers plain(reference);
  Tape tape(DType::f64);
  const Tape::Inference scope(tape);
  const TwoLayers net(tape);
  CHECK(difference(net.states.back().value(), plain.states.back().value()) < kClose);
  // What was not kept is computed again.
  for (const std::size_t i : {0U, 5U, 11U}) {
    CHECK(difference(net.states[i].value(), plain.states[i].value()) < kClose);
  }
}

TEST_CASE("inference: memory does not grow with the number of steps") {
  const auto bytes = [](Index steps, Request::Purpose purpose) {
    Tape tape(DType::f64);
    const TwoLayers net(tape, steps);
    return plan_for(tape, {&net.states.back(), 1}, {}, 1, purpose).bytes;
  };
  const auto growth = [&](Request::Purpose purpose) {
    return bytes(200, purpose) - bytes(100, purpose);
  };
  constexpr Index kStates = 100 * 4 * 16 * 8;  // of one layer: these, and W x of all steps
  CHECK(growth(Request::Purpose::inference) <= 2 * kStates);
  CHECK(growth(Request::Purpose::values) >= 4 * kStates);
}

TEST_CASE("inference: gradients are refused in the scope, and possible after it") {
  Tape tape(DType::f64);
  {
    const Tape::Inference scope(tape);
    const TwoLayers net(tape);
    const Var loss = sum(net.states.back());
    CHECK_THROWS_WITH_AS((void)tape.gradients(loss, net.parameters),
                         "gradients are asked for in an Inference scope", Error);
    CHECK_THROWS_AS((void)tape.gradients(loss, std::array{net.states[0]}), Error);
    tape.clear();
  }
  const TwoLayers net(tape);
  CHECK(std::isfinite(tape.gradients(sum(net.states.back()), net.parameters).flat().at(0)));
}

TEST_CASE("inference: a change of parameters loses values that were not kept, and only those") {
  Tape tape(DType::f64);
  const Tape::Inference scope(tape);
  const TwoLayers net(tape);
  const std::vector<double> last = net.states.back().value().to_doubles();
  net.parameters.change<double>()[0] += 1;
  CHECK(net.states.back().value().to_doubles() == last);
  CHECK_THROWS_AS((void)net.states[3].value(), HandleError);
}

TEST_CASE("growing tape: a step costs its own nodes, whatever is asked for") {
  const Parameters parameters(DType::f64, 1);
  const Lstm cell(parameters, 4, 4);
  Tape tape(DType::f64);
  tape.set_passes({});
  Lstm::State state = zero_state(cell, tape, 2);
  std::vector<std::string> plans;
  for (int t = 0; t < 8; ++t) {
    state = cell.step(full(tape, {2, 4}, 0.1 * t), state);
    (void)state.h.value();
    plans.push_back(tape.plan_to_string());
  }
  const auto nodes = [](const std::string& plan) {
    return std::stoi(plan.substr(plan.rfind('\n', plan.find(" nodes in")) + 1));
  };
  CHECK(nodes(plans[7]) == nodes(plans[3]));
  CHECK(nodes(plans[7]) <= 2 * nodes(plans[0]));
}

TEST_CASE("replay: other inputs are run in the same memory") {
  const Gates gates(5, 5);
  Tape tape(DType::f64);
  const auto step = [&](Tape& on, Var x) {
    const std::vector<Var> y = gates.of(x);
    return sigmoid(y[0]) * tanh(y[1]) + sigmoid(y[2]) * x + 0 * linear(x, on.parameter(gates.W[3]));
  };
  const Var x = leaf(tape, {3, 5}, 1);
  const Var y = step(tape, x);
  (void)y.value();  // what was computed before is computed again
  Replay replay(tape, std::array{x}, std::array{y, x});
  for (std::uint64_t seed = 1; seed < 5; ++seed) {
    const Tensor values = random_tensor({3, 5}, seed, -1, 1);
    replay.set(0, values);
    replay.run();
    Tape plain(DType::f64);
    plain.set_passes(Passes::none());
    CHECK(difference(replay.output(0), step(plain, plain.input(values)).value()) < kClose);
    CHECK(replay.output(1).to_doubles() == values.to_doubles());
  }
  CHECK_THROWS_WITH_AS(replay.set(0, random_tensor({5, 3}, 1)),
                       "input 0 of a replay is (3 x 5): it cannot be set to (5 x 3)", ShapeError);
  CHECK_THROWS_AS(Replay(tape, std::array{y}, std::array{y}), HandleError);
  CHECK(replay.is_current());
  gates.parameters.change<double>()[0] += 1;
  CHECK_FALSE(replay.is_current());
  CHECK_THROWS_WITH_AS(replay.run(),
                       "a replay of a tape that was cleared, or of parameters that have changed",
                       HandleError);
}

TEST_CASE("replay: what is packed in the first run is not written over in those after it") {
  const Parameters parameters(DType::f64, 1);
  const std::array<Parameter, 3> W = {parameters.add("wide", {200, 24}, uniform(0.2)),
                                      parameters.add("narrow", {24, 200}, uniform(0.2)),
                                      parameters.add("last", {24, 24}, uniform(0.2))};
  const auto layers = [&](Tape& on, Var x) {
    for (const Parameter& w : W) x = tanh(linear(x, on.parameter(w)));
    return x;
  };
  Tape tape(DType::f64);
  const Var x = leaf(tape, {40, 24}, 1);
  Replay replay(tape, std::array{x}, std::array{layers(tape, x)});
  for (std::uint64_t seed = 1; seed < 4; ++seed) {
    const Tensor values = random_tensor({40, 24}, seed, -1, 1);
    replay.set(0, values);
    replay.run();
    Tape plain(DType::f64);
    plain.set_passes(Passes::none());
    CHECK(difference(replay.output(0), layers(plain, plain.input(values)).value()) < kClose);
  }
}

}  // namespace
}  // namespace unroll::testing
