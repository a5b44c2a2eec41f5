// What is particular to single cells: how they begin, when they run, what they are special cases
// of.
#include "golden.h"
#include "layers/cells.h"

#include <functional>
#include <iterator>

namespace unroll::testing {
namespace {

constexpr Index kIn = 3;
constexpr Index kHidden = 4;

/// Copies the values of the parameters that two cells have in common.
void share(const Parameters& from, const Parameters& to) {
  for (const Parameter& one : from.all()) to[one.name()].set(one.value());
}

TEST_CASE("variants: equations are short") {
  std::vector<std::ptrdiff_t> lines;
  for (const CellEntry& entry : all_cells()) {
    CAPTURE(entry.name);
    lines.push_back(1 + std::count(entry.equations.begin(), entry.equations.end(), '\n'));
    CHECK(lines.back() <= 20);
    CHECK_FALSE(entry.source.empty());
    CHECK_FALSE(entry.equations.ends_with('\n'));
  }
  std::nth_element(lines.begin(), lines.begin() + std::ssize(lines) / 2, lines.end());
  CHECK(lines[lines.size() / 2] < 10);
}

TEST_CASE("variants: an IRNN begins as the identity, with small weights") {
  const Parameters p(DType::f64, 1);
  (void)find_cell("irnn").make(p, 50, 20, {});
  const TensorView U = p["h.U"].value();
  for (Index i = 0; i < U.size(); ++i) CHECK(U.at(i) == (i % 21 == 0 ? 1 : 0));
  double squares = 0;
  for (const double w : Tensor(p["h.W"].value()).to_doubles()) squares += w * w;
  CHECK(std::sqrt(squares / 1000) == doctest::Approx(0.001).epsilon(0.1));
}

/// The values a bias begins with under the default options.
std::vector<double> first_bias(std::string_view cell, const char* name) {
  const Parameters p(DType::f64);
  (void)find_cell(cell).make(p, kIn, 2, {});
  return Tensor(p[name].value()).to_doubles();
}

TEST_CASE("variants: memories begin open") {
  const std::vector<double> open{1, 1};
  const std::vector<double> coupled{-1, -1};
  for (const char* cell : {"lstm", "lstm-peephole", "lstm-multiplicative", "odyssey-nog",
                           "odyssey-fgr", "sru", "qrnn", "minlstm", "slstm"}) {
    CAPTURE(cell);
    CHECK(first_bias(cell, "f.b") == open);
  }
  CHECK(first_bias("lstm-coupled", "i.b") == coupled);
  CHECK(first_bias("odyssey-cifg", "i.b") == coupled);
  CHECK(first_bias("rhn", "0.t.b") == coupled);
  CHECK(first_bias("rhn", "1.t.b") == coupled);
  CHECK(first_bias("lstm-depth-gated", "1.f.b") == open);
  CHECK(first_bias("lstm-grid", "1.depth.f.b") == open);
  CHECK(first_bias("lstm-layer-norm", "b") == std::vector<double>{0, 0, 1, 1, 0, 0, 0, 0});
  CHECK(first_bias("mlstm", "f.b") == std::vector<double>{1});
  CHECK(first_bias("mgu", "f.b") == std::vector<double>{0, 0});
}

TEST_CASE("variants: each group of a clockwork runs at its own period") {
  const Parameters p(DType::f64, 1);
  const Clockwork cell(p, kIn, 6, random_options());  // groups of 2, 2, 1 and 1
  Tape tape(DType::f64);
  const Var x = tape.input(random_input(kIn, 20, 3));
  const Var h = unroll_over(cell, x, zero_state(cell, tape, 3)).outputs;
  constexpr Index kGroupOf[] = {0, 0, 1, 1, 2, 3};
  for (Index t = 1; t < 20; ++t) {
    for (Index unit = 0; unit < 6; ++unit) {
      CAPTURE(t);
      CAPTURE(unit);
      const bool runs = t % (Index{1} << kGroupOf[unit]) == 0;
      const auto at = [&](Index step) { return slice(select(h, step), 1, unit, unit + 1).value(); };
      CHECK(same_bits(at(t), at(t - 1)) != runs);
    }
  }
}

TEST_CASE("variants: a slow group of a clockwork does not see faster ones") {
  const Parameters p(DType::f64, 1);
  const Clockwork cell(p, kIn, 6, random_options());
  Tape tape(DType::f64);
  const Clockwork::State start{tape.input(random_tensor({1, 6}, 3)), full(tape, {1, 4}, 0)};
  const Var next = cell.step(tape.input(random_tensor({1, kIn}, 4)), start).h;
  constexpr Index kBegins[] = {0, 0, 2, 2, 4, 5};  // of the group a unit is in
  for (Index unit = 0; unit < 6; ++unit) {
    const std::vector<Var> wrt{start.h};
    const Tensor dh(tape.gradients(slice(next, 1, unit, unit + 1), wrt)[0].value());
    for (Index from = 0; from < 6; ++from) CHECK((dh.at(from) != 0) == (from >= kBegins[unit]));
  }
}

TEST_CASE("variants: a clockwork of fewer units than four has as many groups") {
  const Parameters p;
  CHECK(Clockwork(p / "one", kIn, 1).groups.size() == 1);
  CHECK(Clockwork(p / "three", kIn, 3).groups.size() == 3);
  CHECK(Clockwork(p / "many", kIn, 9).groups.size() == 4);
}

TEST_CASE("variants: the first step of an sLSTM and an mLSTM knows its input only") {
  for (const DType dtype : {DType::f32, DType::f64}) {
    const Parameters p(dtype, 1);
    const Slstm s(p / "s", kIn, kHidden, random_options());
    const Mlstm m(p / "m", kIn, kHidden, random_options());
    Tape tape(dtype);
    tape.set_anomaly_mode(true);
    const Var x = tape.input(random_tensor({2, kIn}, 3));

    const Slstm::State zero = zero_state(s, tape, 2);
    const Slstm::State first = s.step(x, zero);
    const Var wanted = sigmoid(s.o(x, zero.h)) * tanh(s.g(x, zero.h));
    CHECK(difference(first.h.value(), wanted.value()) < 1e-6);
    CHECK(difference(first.n.value(), full(tape, {2, kHidden}, 1).value()) < 1e-6);
    CHECK(difference(first.m.value(), s.i(x, zero.h).value()) < 1e-6);

    const Mlstm::State matrix = m.step(x, zero_state(m, tape, 2));
    CHECK(difference(matrix.m.value(), m.i(x).value()) < 1e-6);
    const Var k = m.k(x) / 2;  // sqrt(kHidden)
    const Var kq = sum(k * m.q(x), 1, true);
    const Var scale = maximum(maximum(kq, -kq), exp(-m.i(x)));
    const Var h = sigmoid(m.o(x)) * m.v(x) * kq / scale;
    CHECK(difference(matrix.h.value(), h.value()) < 1e-6);
    const Var loss = weighted_sum(all_of(Unrolled<Mlstm::State>{matrix.h, matrix}), 1) +
                     weighted_sum(all_of(Unrolled<Slstm::State>{first.h, first}), 2);
    for (const double value : flatten(tape.gradients(loss, p), p)) CHECK(std::isfinite(value));
  }
}

TEST_CASE("variants: an sLSTM whose input gates are huge does not overflow") {
  const Parameters p(DType::f32, 1);
  const Slstm cell(p, kIn, kHidden, random_options());
  cell.i.b.set(Tensor::of<double>({kHidden}, std::vector<double>(kHidden, 500)));
  Tape tape;
  tape.set_anomaly_mode(true);
  const Var x = tape.input(random_input(kIn, 10, 2));
  const Var loss = sum(unroll_over(cell, x, zero_state(cell, tape, 2)).outputs);
  CHECK(std::isfinite(loss.item()));
  for (const double value : flatten(tape.gradients(loss, p), p)) CHECK(std::isfinite(value));
}

TEST_CASE("variants: an mLSTM whose input gates are nearly shut does not overflow") {
  const Parameters p(DType::f32, 1);
  const Mlstm cell(p, kIn, kHidden, random_options());
  cell.i.b.set(Tensor::of<double>({1}, {-500}));
  Tape tape;
  tape.set_anomaly_mode(true);
  const Var x = tape.input(random_input(kIn, 10, 2));
  const Var outputs = unroll_over(cell, x, zero_state(cell, tape, 2)).outputs;
  CHECK(sum(square(outputs)).item() < 1e-20);
  for (const double value : flatten(tape.gradients(sum(outputs), p), p)) {
    CHECK(std::isfinite(value));
  }
}

TEST_CASE("variants: a minLSTM with both gates shut divides by logarithms, not by zero") {
  const Parameters p(DType::f32, 1);
  const MinLstm cell(p, kIn, kHidden, random_options());
  cell.f.W.set(Tensor(DType::f32, {kHidden, kIn}));
  cell.i.W.set(Tensor(DType::f32, {kHidden, kIn}));
  cell.f.b.set(Tensor::of<double>({kHidden}, std::vector<double>(kHidden, -1000)));
  cell.i.b.set(Tensor::of<double>({kHidden}, std::vector<double>(kHidden, -1000)));
  Tape tape;
  const Var x = tape.input(random_tensor({2, kIn}, 3));
  const Var h = tape.input(random_tensor({2, kHidden}, 4));
  CHECK(difference(cell.step(x, h).value(), ((h + cell.n(x)) / 2).value()) < 1e-6);
}

TEST_CASE("variants: a mask on what U multiplies reaches every U of every cell") {
  for (const CellEntry& entry : all_cells()) {
    const Parameters p(DType::f64, 1);
    const AnyCell cell = entry.make(p, kIn, kHidden, random_options());
    const auto outputs = [&](const std::function<void(Tape&)>& prepare) {
      Tape tape(DType::f64);
      prepare(tape);
      const Var x = tape.input(random_input(kIn, 7, 2));  // every group of a clockwork runs
      const AnyState start = start_state(entry, cell, tape, kIn, 2);
      return Tensor(all_of(unroll_over(cell, x, start)).value());
    };
    for (const Parameter& U : p.all()) {
      if (!U.name().ends_with("U")) continue;
      CAPTURE(entry.name);
      CAPTURE(U.name());
      const Tensor masked = outputs([&](Tape& tape) {
        tape.mask_input(U, full(tape, {2, U.shape()[1]}, 0));
      });
      const Tensor before(U.value());
      CHECK(difference(masked, outputs([](Tape&) {})) > 1e-6);
      U.set(Tensor(DType::f64, U.shape()));
      CHECK(difference(masked, outputs([](Tape&) {})) < 1e-14);
      U.set(before);
    }
  }
}

TEST_CASE(
    "variants: the vanilla LSTM without peepholes is the cell NP of the Search Space Odyssey") {
  const Parameters vanilla(DType::f64, 1);
  const Parameters np(DType::f64, 2);
  const AnyCell a = find_cell("odyssey-vanilla").make(vanilla, kIn, kHidden, random_options());
  const AnyCell b = find_cell("odyssey-np").make(np, kIn, kHidden, random_options());
  for (const char* p : {"i.p", "f.p", "o.p"}) vanilla[p].set(Tensor(DType::f64, {kHidden}));
  share(np, vanilla);
  Tape tape(DType::f64);
  const Var x = tape.input(random_input(kIn, 5, 2));
  CHECK(difference(unroll_over(a, x, random_state(a, tape, 2)).outputs.value(),
                   unroll_over(b, x, random_state(b, tape, 2)).outputs.value()) < 1e-15);
}

TEST_CASE("variants: a depth-gated LSTM with shut depth gates is a stack of LSTMs") {
  const Parameters gated(DType::f64, 1);
  const Parameters plain(DType::f64, 2);
  CellOptions options = random_options();
  options.depth = 3;
  const LstmDepthGated a(gated, kIn, kHidden, options);
  const Stack<Lstm> b(plain, kIn, kHidden, 3, options);
  share(plain, gated);
  for (const char* bias : {"1.d.b", "2.d.b"}) {
    gated[bias].set(Tensor::of<double>({kHidden}, std::vector<double>(kHidden, -100)));
  }
  Tape tape(DType::f64);
  const Var x = tape.input(random_input(kIn, 5, 2));
  CHECK(difference(unroll_over(a, x, random_state(a, tape, 2)).outputs.value(),
                   unroll_over(b, x, random_state(b, tape, 2)).outputs.value()) < 1e-14);
}

TEST_CASE("variants: a cell that is deep by itself is the same behind AnyCell") {
  CellOptions options = random_options();
  options.depth = 3;
  const Parameters p(DType::f64, 1);
  const LstmGrid grid(p / "grid", kIn, kHidden, options);
  const RnnGatedFeedback feedback(p / "feedback", kIn, kHidden, options);
  Tape tape(DType::f64);
  const Var x = tape.input(random_input(kIn, 5, 2));
  const auto check = [&](const auto& cell, std::size_t parts) {
    const AnyCell any(cell);
    CHECK(zero_state(any, tape, 2).vars.size() == parts);
    const auto a = unroll_over(cell, x, random_state(cell, tape, 2));
    const auto b = unroll_over(any, x, random_state(any, tape, 2));
    CHECK(same_bits(all_of(a).value(), all_of(b).value()));
    CHECK(same_bits(output_of(a.last).value(), output_of(b.last).value()));
  };
  check(grid, 9);
  check(feedback, 3);
  CHECK(output_of(zero_state(AnyCell(grid), tape, 2)).shape() == Shape{2, kHidden});
}

TEST_CASE("variants: a depth below 1 is an error") {
  const Parameters p;
  CellOptions options;
  options.depth = 0;
  CHECK_THROWS_WITH_AS(Rhn(p / "a", kIn, kHidden, options), "Rhn: depth 0, expected 1 or more",
                       Error);
  CHECK_THROWS_WITH_AS(LstmGrid(p / "b", kIn, kHidden, options),
                       "LstmGrid: depth 0, expected 1 or more", Error);
}

TEST_CASE("variants: gradients of cells with x as wide as h, of other depths and more groups") {
  const auto check = [](const char* name, Index in, Index hidden, Index depth) {
    const Parameters p(DType::f64, 11);
    CellOptions options = random_options();
    options.depth = depth;
    const AnyCell cell = find_cell(name).make(p / "cell", in, hidden, options);
    const Parameter x = p.add("x", {5, 2, in}, uniform(1));
    const auto f = [&](Tape& tape) {
      return all_of(unroll_over(cell, tape.parameter(x), zero_state(cell, tape, 2)));
    };
    const GradientCheck result = check_gradients(
        f, p, {.step = 4e-6, .relative_tolerance = 1e-7, .absolute_tolerance = 1e-8});
    INFO(name, ": ", result.message);
    CHECK(result.passed);
  };
  for (const char* name : {"mut1", "mut2", "sru"}) check(name, 2, 2, 2);
  for (const char* name : {"rhn", "rnn-gated-feedback", "lstm-depth-gated", "lstm-grid"}) {
    check(name, 3, 2, 1);
    check(name, 3, 2, 3);
  }
  check("clockwork", 2, 6, 2);
  check("lstm-layer-norm", 3, 4, 2);
}

TEST_CASE("variants: a node of a Tree-LSTM with one child is a step of an LSTM") {
  const Parameters p(DType::f64, 1);
  const TreeLstm tree(p, kIn, kHidden, random_options());
  Tape tape(DType::f64);
  const Var x = tape.input(random_tensor({2, kIn}, 3));
  const Lstm::State start = random_state(tree.lstm, tape, 2);
  const Lstm::State a = tree.step(x, {{start}});
  const Lstm::State b = tree.lstm.step(x, start);
  CHECK(difference(a.h.value(), b.h.value()) < 1e-15);
  CHECK(difference(a.c.value(), b.c.value()) < 1e-15);
}

TEST_CASE("variants: gradients of a Tree-LSTM over a small tree") {
  for (const Input& in : {Input(kIn), Input::one_hot(5)}) {
    const Parameters p(DType::f64, 11);
    const TreeLstm node(p / "cell", in, 2, random_options());
    const Tensor ids = random_input(in, 4, 2);
    Parameter x;
    if (!in.ids) x = p.add("x", {4, 2, in.size}, uniform(1));
    const auto f = [&](Tape& tape) {
      const Var all = in.ids ? tape.input(ids) : tape.parameter(x);
      const std::vector<TreeLstm::State> leaves{node.step(select(all, 0), {}),
                                                node.step(select(all, 1), {})};
      const std::vector<TreeLstm::State> below{node.step(select(all, 2), leaves), leaves[0]};
      const TreeLstm::State root = node.step(select(all, 3), below);
      return concat(std::vector<Var>{root.h, root.c}, 0);
    };
    const GradientCheck check = check_gradients(
        f, p, {.step = 4e-6, .relative_tolerance = 1e-7, .absolute_tolerance = 1e-8});
    INFO(check.message);
    CHECK(check.passed);
  }
}

TEST_CASE("variants: the order of a node's children does not matter") {
  const Parameters p(DType::f64, 1);
  const TreeLstm node(p, kIn, kHidden, random_options());
  Tape tape(DType::f64);
  const Var x = tape.input(random_tensor({2, kIn}, 3));
  const Lstm::State a = random_state(node.lstm, tape, 2, 5);
  const Lstm::State b = random_state(node.lstm, tape, 2, 15);
  CHECK(difference(node.step(x, std::vector{a, b}).h.value(),
                   node.step(x, std::vector{b, a}).h.value()) < 1e-15);
}

}  // namespace
}  // namespace unroll::testing
