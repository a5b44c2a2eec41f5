// Every cell there is: gradients against finite differences, unrolling against stepping by hand.
#include "layers/cells.h"

namespace unroll::testing {
namespace {

constexpr Index kHidden = 2;
const Input kDense(3);
const Input kIds = Input::one_hot(4);

/// Checks the gradients of a cell over `steps` steps with respect to its parameters, x, and the
/// initial state: x and the state are parameters here, so that one check covers all.
template <class Make>
GradientCheck check_cell(Make make, Input in, Index steps, Index batch) {
  const Parameters p(DType::f64, 11);
  const auto cell = make(p / "cell", in);
  const Tensor ids = random_input(in, steps, batch);
  Parameter x;
  if (!in.ids) x = p.add("x", {steps, batch, in.size}, uniform(1));
  std::vector<Parameter> initial;
  {
    Tape tape(DType::f64);
    for (const Var& var : vars_of(zero_state(cell, tape, batch))) {
      initial.push_back(p.add(fmt::format("state{}", initial.size()), var.shape(), uniform(1)));
    }
  }
  const auto f = [&](Tape& tape) {
    auto state = zero_state(cell, tape, batch);
    std::size_t part = 0;
    for_each_var(state, [&](Var& var) { var = tape.parameter(initial[part++]); });
    return all_of(unroll_over(cell, in.ids ? tape.input(ids) : tape.parameter(x), state));
  };
  return check_gradients(f, p,
                         {.step = 1e-5, .relative_tolerance = 1e-7, .absolute_tolerance = 1e-8});
}

template <class Make>
void check_over_lengths(std::string_view name, Make make) {
  for (const Input& in : {kDense, kIds}) {
    for (const Index batch : {1, 3}) {
      for (Index steps = 1; steps <= 6; ++steps) {
        const GradientCheck check = check_cell(make, in, steps, batch);
        INFO(name, in.ids ? ", ids" : ", dense", ", T = ", steps, ", batch ", batch, ": ",
             check.message);
        CHECK(check.passed);
      }
    }
  }
}

TEST_CASE("cells: gradients of every cell") {
  for (const CellEntry& entry : all_cells()) {
    check_over_lengths(entry.name, [&](const Parameters& p, Input in) {
      return entry.make(p, in, kHidden, random_options());
    });
  }
}

TEST_CASE("cells: gradients of every cell without biases") {
  CellOptions options = random_options();
  options.bias = false;
  for (const CellEntry& entry : all_cells()) {
    const GradientCheck check = check_cell(
        [&](const Parameters& p, Input in) { return entry.make(p, in, kHidden, options); }, kDense,
        3, 2);
    INFO(entry.name, ": ", check.message);
    CHECK(check.passed);
  }
}

template <Cell C>
auto two_layers(const Parameters& p, Input in) {
  return Stack<C>(p, in, kHidden, 2, random_options());
}

TEST_CASE("cells: gradients of stacks of two") {
  check_over_lengths("stack of rnn", two_layers<Rnn>);
  check_over_lengths("stack of lstm", two_layers<Lstm>);
  check_over_lengths("stack of gru", two_layers<Gru>);
  check_over_lengths("stack of gru-reset-before", two_layers<GruResetBefore>);
}

/// Values of unroll_over against a loop over the steps.
template <Cell C>
void check_against_steps(const C& cell, Input in) {
  constexpr Index kSteps = 5;
  Tape tape(DType::f64);
  const Tensor x = random_input(in, kSteps, 3);
  const auto start = random_state(cell, tape, 3);
  const auto unrolled = unroll_over(cell, tape.input(x), start);
  CHECK(unrolled.outputs.shape() == Shape{kSteps, 3, kHidden});

  auto state = start;
  for (Index t = 0; t < kSteps; ++t) {
    state = cell.step(select(tape.input(x), t), state);
    CHECK(same_bits(select(unrolled.outputs, t).value(), output_of(state).value()));
  }
  const std::vector<Var> last = vars_of(unrolled.last);
  const std::vector<Var> wanted = vars_of(state);
  REQUIRE(last.size() == wanted.size());
  for (std::size_t i = 0; i < last.size(); ++i) {
    CHECK(same_bits(last[i].value(), wanted[i].value()));
  }
}

TEST_CASE("cells: unrolling is stepping") {
  for (const Input& in : {kDense, kIds}) {
    for (const CellEntry& entry : all_cells()) {
      CAPTURE(entry.name);
      const Parameters p(DType::f64, 1);
      check_against_steps(entry.make(p, in, kHidden, random_options()), in);
    }
    const Parameters p(DType::f64, 1);
    check_against_steps(two_layers<Lstm>(p / "lstm", in), in);
    check_against_steps(two_layers<Gru>(p / "gru", in), in);
  }
}

TEST_CASE("cells: ids are one-hot vectors, looked up") {
  for (const CellEntry& entry : all_cells()) {
    CAPTURE(entry.name);
    const Parameters looked_up(DType::f64, 1);
    const Parameters multiplied(DType::f64, 1);
    const AnyCell a = entry.make(looked_up, kIds, kHidden, random_options());
    const AnyCell b = entry.make(multiplied, Input(kIds.size), kHidden, random_options());
    Tape tape(DType::f64);
    for (const Parameter& p : looked_up.all()) {
      const bool transposed = p.name().ends_with(".W");
      const Var value = tape.input(p.value());
      multiplied[p.name()].set((transposed ? transpose(value) : value).value());
    }
    const Var ids = tape.input(random_input(kIds, 4, 3));
    const Var ones = full(tape, {4, 3}, 1);
    const Var x = unpick(ones, ids, kIds.size);
    const Var ya = unroll_over(a, ids, random_state(a, tape, 3)).outputs;
    const Var yb = unroll_over(b, x, random_state(b, tape, 3)).outputs;
    CHECK(difference(ya.value(), yb.value()) < 1e-14);
    // W's gradient is row-sparse on one side and dense on the other, and the same.
    const Gradients ga = tape.gradients(weighted_sum(ya, 3), looked_up);
    const Gradients gb = tape.gradients(weighted_sum(yb, 3), multiplied);
    for (const Parameter& p : looked_up.all()) {
      const bool transposed = p.name().ends_with(".W");
      CHECK(ga.is_row_sparse(p) == transposed);
      const Var dense = tape.input(gb[multiplied[p.name()]]);
      CHECK(difference((transposed ? transpose(dense) : dense).value(), ga[p]) < 1e-14);
    }
  }
}

TEST_CASE("cells: f32 is close to f64") {
  for (const CellEntry& entry : all_cells()) {
    CAPTURE(entry.name);
    const auto run = [&](DType dtype) {
      const Parameters p(dtype, 1);
      const AnyCell cell = entry.make(p, kDense, kHidden, random_options());
      Tape tape(dtype);
      const Var x = tape.input(random_input(kDense, 6, 3));
      const Var loss = weighted_sum(all_of(unroll_over(cell, x, random_state(cell, tape, 3))), 4);
      return flatten(tape.gradients(loss, p), p);
    };
    CHECK(difference(run(DType::f32), run(DType::f64)) < 1e-5);
  }
}

TEST_CASE("cells: found by name") {
  for (const CellEntry& entry : all_cells()) {
    CHECK(&find_cell(entry.name) == &entry);
    CHECK_FALSE(entry.equations.empty());
  }
  CHECK_THROWS_WITH_AS(
      (void)find_cell("elman"),
      "no cell 'elman'; there are: rnn, rnn-relu, rnn-sigmoid, lstm, gru, gru-reset-before", Error);
}

TEST_CASE("cells: parameters have readable names") {
  const auto names = [](std::string_view cell, bool bias) {
    const Parameters p;
    CellOptions options;
    options.bias = bias;
    (void)find_cell(cell).make(p / "encoder", kDense, kHidden, options);
    std::vector<std::string> result;
    for (const Parameter& one : p.all()) result.push_back(one.name());
    return fmt::format("{}", fmt::join(result, " "));
  };
  CHECK(names("rnn", true) == "encoder.h.U encoder.h.W encoder.h.b");
  CHECK(names("rnn", false) == "encoder.h.U encoder.h.W");
  CHECK(names("lstm", false) ==
        "encoder.i.U encoder.i.W encoder.f.U encoder.f.W encoder.o.U encoder.o.W encoder.g.U "
        "encoder.g.W");
  CHECK(names("gru-reset-before", false) ==
        "encoder.z.U encoder.z.W encoder.r.U encoder.r.W encoder.n.U encoder.n.W");
  const Parameters p;
  const Stack<Gru> stack(p, kDense, kHidden, 2);
  CHECK(p["1.z.W"].shape() == Shape{kHidden, kHidden});
  CHECK(p["0.z.W"].shape() == Shape{kHidden, 3});
}

}  // namespace
}  // namespace unroll::testing
