// The plans that a tape keeps, and where they run.
#include "core/plan/planned.h"

#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

namespace unroll::testing {
namespace {

/// Runs a recurrence of so many steps.
double run_steps(Tape& tape, const Gates& gates, Index steps) {
  tape.clear();
  Var h = full(tape, {2, 4}, 0.5);
  for (Index t = 0; t < steps; ++t) h = tanh(linear(h, tape.parameter(gates.W[0])));
  return sum(h).item();
}

TEST_CASE("planner: kept plans stay within their limit of memory") {
  const Gates gates(4, 4);
  Tape tape(DType::f64);
  tape.set_passes({});
  Tape reference(DType::f64);
  reference.set_passes(Passes::none());
  (void)run_steps(tape, gates, 60);
  const std::size_t of_one = tape.bytes();
  tape.set_plan_memory(std::size_t{256} << 10);
  for (const Index steps : {20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 20, 25}) {
    for (int again = 0; again < 4; ++again) {
      CHECK(run_steps(tape, gates, steps + again) ==
            doctest::Approx(run_steps(reference, gates, steps + again)));
    }
  }
  CHECK(tape.bytes() < of_one + (std::size_t{512} << 10));
  tape.set_plan_memory(0);  // the plan of the moment is kept, and no other
  CHECK(run_steps(tape, gates, 9) == doctest::Approx(run_steps(reference, gates, 9)));
  CHECK_FALSE(tape.plan_to_string().empty());
}

TEST_CASE("planner: of several wrong ids the first one recorded is reported") {
  for (const Passes& passes : {Passes{}, Passes::none()}) {
    Tape tape(DType::f64);
    tape.set_passes(passes);
    const auto ids = [&](std::int32_t second) {
      return tape.input(Tensor::of<std::int32_t>({2}, {0, second}));
    };
    const Var a = pick(tanh(leaf(tape, {2, 3}, 1)), ids(7));
    const Var b = pick(tanh(leaf(tape, {2, 4}, 2)), ids(9));
    CHECK_THROWS_WITH_AS((void)(b * tanh(a)).value(),
                         "pick: id 7 at position 1: expected one in [0, 3)", ValueError);
  }
}

TEST_CASE("planner: every recorded id is checked, also where the result does not need it") {
  Tape tape(DType::f64);
  const Var bad = select(
      unpick(leaf(tape, {3}, 1), tape.input(Tensor::of<std::int32_t>({3}, {0, 6, 1})), 3), 1);
  const std::vector<Var> apart = unstack(stack(std::array{bad, leaf(tape, {3}, 2)}));
  CHECK_THROWS_AS((void)apart[1].value(), ValueError);
}

TEST_CASE("planner: results are the same to the bit where parameters changed in between") {
  std::vector<double> first;
  for (const Index elements : {0, 64, 640, 2240, 5000}) {  // memory that is used before
    Parameters parameters(DType::f64, 1);
    std::vector<Parameter> W;
    for (Index g = 0; g < 4; ++g) W.push_back((parameters / g).add("W", {17, 24}, uniform(1)));
    Tape tape(DType::f64);
    (void)tape.input(Tensor(DType::f64, {elements}));
    const Var h = tanh(leaf(tape, {3, 24}, 20));
    Var y = sigmoid(linear(h, tape.parameter(W[0])));
    for (std::size_t g = 1; g < 4; ++g) y = y * sigmoid(linear(h, tape.parameter(W[g])));
    const Var dh = tape.gradients(sum(y), std::vector{h})[0];
    parameters.change<double>()[0] = 0;
    const std::vector<double> values = dh.value().to_doubles();
    if (first.empty()) first = values;
    CHECK(values == first);
  }
}

TEST_CASE("planner: a process forked after threads have worked computes the same") {
  const WithThreads scope(2);
  const Gates gates(64, 64);
  Tape tape(DType::f64);
  const auto step = [&] {
    tape.clear();
    Var h = full(tape, {64, 64}, 0.1);
    for (int t = 0; t < 4; ++t) h = tanh(linear(h, tape.parameter(gates.W[0])));
    return sum(h).item();
  };
  const double expected = step();
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);
    _exit(step() == expected ? 0 : 1);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("planner: a plan for neighbouring matrices does not serve others") {
  const Gates gates(3, 4);
  Tape tape(DType::f64);
  tape.set_passes({});
  const auto product_of_sums = [&](Tape& on, std::size_t second) {
    on.clear();
    const Var x = tanh(leaf(on, {2, 4}, 1));
    return (linear(x, on.parameter(gates.W[0])) * linear(x, on.parameter(gates.W[second])))
        .value()
        .to_doubles();
  };
  Tape reference(DType::f64);
  reference.set_passes(Passes::none());
  for (const std::size_t second : {1U, 2U, 1U, 3U}) {
    const std::vector<double> planned = product_of_sums(tape, second);
    const std::vector<double> plain = product_of_sums(reference, second);
    for (std::size_t i = 0; i < plain.size(); ++i) CHECK(planned[i] == doctest::Approx(plain[i]));
  }
}

}  // namespace
}  // namespace unroll::testing
