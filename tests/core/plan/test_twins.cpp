// What is recorded of parameters alone, the same at every step, is computed and differentiated
// once.
#include "core/plan/planned.h"

namespace unroll::testing {
namespace {

/// h' = tanh((U - U^T) h), with the matrix recorded at every step, or once.
struct Antisymmetric {
  Antisymmetric(Tape& tape, bool every_step, int steps = 5) {
    const auto matrix = [&] { return tape.parameter(U) - transpose(tape.parameter(U)); };
    const Var once = matrix();
    Var h = tape.input(random_tensor({2, 4}, 1, -1, 1));
    for (int t = 0; t < steps; ++t) h = tanh(linear(h, every_step ? matrix() : once));
    loss = sum(square(h));
  }
  Parameters parameters{DType::f64, 3};
  Parameter U = parameters.add("U", {4, 4}, uniform(1));
  Var loss;
};

TEST_CASE("twins: the same function of parameters, recorded at every step, is computed once") {
  std::array<std::size_t, 2> steps{};
  std::array<std::vector<double>, 2> gradients;
  for (const bool every_step : {false, true}) {
    Tape tape(DType::f64);
    tape.set_passes({});
    const Antisymmetric net(tape, every_step);
    gradients[every_step ? 1 : 0] = tape.gradients(net.loss, net.parameters).flat().to_doubles();
    const std::string plan = tape.plan_to_string();
    steps[every_step ? 1 : 0] =
        static_cast<std::size_t>(std::ranges::count(plan.substr(0, plan.find(" nodes in")), '\n'));
  }
  CHECK(steps[0] == steps[1]);
  for (std::size_t i = 0; i < gradients[0].size(); ++i) {
    CHECK(gradients[0][i] == doctest::Approx(gradients[1][i]));
  }
}

TEST_CASE("twins: each twin has its own gradient") {
  const auto run = [](const Passes& passes) {
    Parameters parameters(DType::f64, 1);
    const Parameter w = parameters.add("w", {3}, uniform(1));
    Tape tape(DType::f64);
    tape.set_passes(passes);
    const Var a = tape.parameter(w) * 2;
    const Var b = tape.parameter(w) * 2;
    const Var c = tape.parameter(w) * 3;
    const Var loss = sum(a * 5 + b * 7 + c);
    std::vector<std::vector<double>> gradients;
    for (const Var& dx : tape.gradients(loss, std::vector{a, b, tape.parameter(w)})) {
      gradients.push_back(dx.value().to_doubles());
    }
    return gradients;
  };
  for (const Passes& passes : {Passes{}, Passes::none()}) {
    const auto gradients = run(passes);
    CHECK(gradients[0] == std::vector<double>{5, 5, 5});
    CHECK(gradients[1] == std::vector<double>{7, 7, 7});
    CHECK(gradients[2] == std::vector<double>{27, 27, 27});
  }
}

TEST_CASE("twins: the value of every twin can be asked for") {
  const Gates gates(4, 4);
  const Program program = [&](Tape& tape) {
    std::vector<Var> all;
    const Var x = tanh(leaf(tape, {2, 4}, 1));
    for (int i = 0; i < 3; ++i) {
      const Var w = tape.parameter(gates.W[0]) * tape.parameter(gates.W[1]);
      all.push_back(w);
      all.push_back(reshape(w, {2, 8}));
      all.push_back(sum(w, 0));
      all.push_back(linear(x, w));
    }
    all.push_back(add_up(std::array{all[3], all[7], all[11]}));
    return all;
  };
  CHECK(planned_difference(program) < kClose);
  CHECK(planned_difference(program, without(&Passes::place)) < kClose);
}

TEST_CASE("twins: after a change of the parameter the value is computed anew") {
  Parameters parameters(DType::f64, 1);
  const Parameter w = parameters.add("w", {3}, constant(1));
  Tape tape(DType::f64);
  const Var before = tape.parameter(w) * 2;
  w.set(Tensor::of<double>({3}, {4, 5, 6}));
  const Var after = tape.parameter(w) * 2;
  CHECK((before + after).value().to_doubles() == std::vector<double>{10, 12, 14});
}

}  // namespace
}  // namespace unroll::testing
