// Every cell there is: gradients against finite differences, unrolling against stepping by hand.
#include "layers/cells.h"

#include <fmt/format.h>

#include <functional>

namespace unroll::testing {
namespace {

constexpr Index kHidden = 2;
/// The sizes of a cell in these tests: small, as every element is checked, but for a clockwork, of
/// which every group is to run, and for a normed vector, which with two elements is a step
/// function.
Index hidden_of(const CellEntry& entry) {
  if (entry.name == "clockwork") return 6;
  return entry.name == "lstm-layer-norm" ? 4 : kHidden;
}

const Input kDense(3);
const Input kIds = Input::one_hot(11);

/// Checks the gradients of a cell over `steps` steps with respect to its parameters, x, and the
/// initial state `start`: x and the state are parameters here, so that one check covers all. Parts
/// of the state for which `fixed` holds stay constants.
template <Cell C>
GradientCheck check_cell(const Parameters& p, const C& cell, Input in, Index steps, Index batch,
                         const std::vector<Tensor>& start,
                         const std::function<bool(std::size_t)>& fixed) {
  const Tensor ids = random_input(in, steps, batch);
  Parameter x;
  if (!in.ids) x = p.add("x", {steps, batch, in.size}, uniform(1));
  std::vector<Parameter> initial;
  for (const Tensor& part : start) {
    initial.push_back(p.add(fmt::format("state{}", initial.size()), part.shape(), zeros()));
    initial.back().set(part);
  }
  const auto f = [&](Tape& tape) {
    auto state = zero_state(cell, tape, batch);
    std::size_t part = 0;
    for_each_var(state, [&](Var& var) {
      var = fixed(part) ? tape.input(start[part]) : tape.parameter(initial[part]);
      ++part;
    });
    return all_of(unroll_over(cell, in.ids ? tape.input(ids) : tape.parameter(x), state));
  };
  return check_gradients(f, p,
                         {.step = 4e-6, .relative_tolerance = 1e-7, .absolute_tolerance = 1e-8});
}

template <class S>
std::vector<Tensor> values_of(const S& state) {
  std::vector<Tensor> values;
  for (const Var& var : vars_of(state)) values.emplace_back(var.value());
  return values;
}

GradientCheck check_entry(const CellEntry& entry, Input in, Index steps, Index batch,
                          const CellOptions& options) {
  const Parameters p(DType::f64, 11);
  const AnyCell cell = entry.make(p / "cell", in, hidden_of(entry), options);
  std::vector<Tensor> start;
  {
    Tape tape(DType::f64);
    start = values_of(start_state(entry, cell, tape, in, batch));
  }
  return check_cell(p, cell, in, steps, batch, start,
                    [&](std::size_t part) { return counts_steps(entry, part); });
}

/// Calls check(in, steps, batch) for dense x and ids, batches of 1 and 3, and 1 to 6 steps.
template <class Check>
void check_over_lengths(std::string_view name, Check check) {
  for (const Input& in : {kDense, kIds}) {
    for (const Index batch : {1, 3}) {
      for (Index steps = 1; steps <= 6; ++steps) {
        const GradientCheck result = check(in, steps, batch);
        INFO(fmt::format("{}, {}, T = {}, batch {}: {}", name, in.ids ? "ids" : "dense", steps,
                         batch, result.message));
        CHECK(result.passed);
      }
    }
  }
}

TEST_CASE("cells: gradients of every cell are those of finite differences") {
  for (const CellEntry& entry : all_cells()) {
    check_over_lengths(entry.name, [&](Input in, Index steps, Index batch) {
      return check_entry(entry, in, steps, batch, random_options());
    });
  }
}

TEST_CASE("cells: without biases gradients of every cell are those of finite differences") {
  CellOptions options = random_options();
  options.bias = false;
  for (const CellEntry& entry : all_cells()) {
    for (const Input& in : {kDense, kIds}) {
      const GradientCheck check = check_entry(entry, in, 3, 2, options);
      INFO(fmt::format("{}, {}: {}", entry.name, in.ids ? "ids" : "dense", check.message));
      CHECK(check.passed);
    }
  }
}

template <Cell C>
auto two_layers(const Parameters& p, Input in) {
  return Stack<C>(p, in, kHidden, 2, random_options());
}

template <Cell C>
void check_stack(std::string_view name) {
  check_over_lengths(name, [&](Input in, Index steps, Index batch) {
    const Parameters p(DType::f64, 11);
    const Stack<C> cell = two_layers<C>(p / "cell", in);
    std::vector<Tensor> start;
    {
      Tape tape(DType::f64);
      start = values_of(random_state(cell, tape, batch));
    }
    return check_cell(p, cell, in, steps, batch, start, [](std::size_t) { return false; });
  });
}

TEST_CASE("cells: gradients of stacks of two are those of finite differences") {
  check_stack<Rnn>("stack of rnn");
  check_stack<Lstm>("stack of lstm");
  check_stack<Gru>("stack of gru");
  check_stack<GruResetBefore>("stack of gru-reset-before");
}

/// Values of unroll_over against a loop over the steps.
template <Cell C>
void check_against_steps(const C& cell, Input in, Tape& tape, const typename C::State& start) {
  constexpr Index kSteps = 5;
  const Tensor x = random_input(in, kSteps, 3);
  const auto unrolled = unroll_over(cell, tape.input(x), start);
  CHECK(unrolled.outputs.shape() == output_of(start).shape().inserted(0, kSteps));

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
      const AnyCell cell = entry.make(p, in, hidden_of(entry), random_options());
      Tape tape(DType::f64);
      check_against_steps(cell, in, tape, start_state(entry, cell, tape, in, 3));
    }
    const Parameters p(DType::f64, 1);
    const Stack<Lstm> lstm = two_layers<Lstm>(p / "lstm", in);
    const Stack<Gru> gru = two_layers<Gru>(p / "gru", in);
    Tape tape(DType::f64);
    check_against_steps(lstm, in, tape, random_state(lstm, tape, 3));
    check_against_steps(gru, in, tape, random_state(gru, tape, 3));
  }
}

TEST_CASE("cells: ids are one-hot vectors, looked up") {
  for (const CellEntry& entry : all_cells()) {
    CAPTURE(entry.name);
    const Parameters looked_up(DType::f64, 1);
    const Parameters multiplied(DType::f64, 1);
    const AnyCell a = entry.make(looked_up, kIds, hidden_of(entry), random_options());
    const AnyCell b = entry.make(multiplied, Input(kIds.size), hidden_of(entry), random_options());
    // W of ids is stored transposed. There are other sizes than kIds.size, so shapes tell.
    const auto is_lookup = [&](const Parameter& p) {
      return p.shape() != multiplied[p.name()].shape();
    };
    Tape tape(DType::f64);
    for (const Parameter& p : looked_up.all()) {
      const bool transposed = is_lookup(p);
      const Var value = tape.input(p.value());
      multiplied[p.name()].set((transposed ? transpose(value) : value).value());
    }
    const Var ids = tape.input(random_input(kIds, 4, 3));
    const Var ones = full(tape, {4, 3}, 1);
    const Var x = unpick(ones, ids, kIds.size);
    const AnyState start = start_state(entry, a, tape, kIds, 3);
    const Var ya = unroll_over(a, ids, start).outputs;
    const Var yb = unroll_over(b, x, start).outputs;
    CHECK(difference(ya.value(), yb.value()) < 1e-14);
    // W's gradient is row-sparse on one side and dense on the other, and the same.
    const Gradients ga = tape.gradients(weighted_sum(ya, 3), looked_up);
    const Gradients gb = tape.gradients(weighted_sum(yb, 3), multiplied);
    for (const Parameter& p : looked_up.all()) {
      const bool transposed = is_lookup(p);
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
      const AnyCell cell = entry.make(p, kDense, hidden_of(entry), random_options());
      Tape tape(dtype);
      const Var x = tape.input(random_input(kDense, 6, 3));
      const AnyState start = start_state(entry, cell, tape, kDense, 3);
      const Var loss = weighted_sum(all_of(unroll_over(cell, x, start)), 4);
      return flatten(tape.gradients(loss, p), p);
    };
    CHECK(difference(run(DType::f32), run(DType::f64)) < 1e-5);
  }
}

TEST_CASE("cells: every cell is found by its name, an unknown name is refused") {
  for (const CellEntry& entry : all_cells()) {
    CHECK(&find_cell(entry.name) == &entry);
    CHECK_FALSE(entry.equations.empty());
  }
  std::vector<std::string_view> names;
  for (const CellEntry& entry : all_cells()) names.push_back(entry.name);
  const std::string message = fmt::format("no cell 'elman'; there are: {}", fmt::join(names, ", "));
  CHECK(message.starts_with("no cell 'elman'; there are: rnn, rnn-relu, rnn-sigmoid, irnn, "));
  CHECK_THROWS_WITH_AS((void)find_cell("elman"), message.c_str(), Error);
  for (const auto& [asked, meant] : std::vector<std::pair<const char*, const char*>>{
           {"lstn", "lstm"}, {"grv", "gru"}, {"lstm-peephol", "lstm-peephole"}, {"LSTM", ""}}) {
    const std::string question = fmt::format("is {} meant? ", meant);
    CHECK(no_such_cell(asked, all_cells())
              .starts_with(fmt::format("no cell '{}'; {}there are: rnn, ", asked,
                                       *meant == '\0' ? "" : question)));
  }
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
