// Gradients of parameters: the flat block, row-sparse gradients, memory kept from step to step.
#include "core/word_model.h"

#include <doctest/doctest.h>

using namespace unroll;
using testing::ramp;
using testing::rising;
using testing::values_of;
using testing::WordModel;

namespace {

constexpr Index kRows = 40;
constexpr Index kWidth = 3;

struct Table {
  Parameters root{DType::f64};
  Parameter before = root.add("before", {2}, rising());
  Parameter table = root.add("table", {kRows, kWidth}, rising(0.1, 0.01));
  Parameter after = root.add("after", {kWidth}, rising());

  [[nodiscard]] Var lookup(Tape& tape, const std::vector<std::int32_t>& ids) const {
    return embedding(tape.parameter(table),
                     tape.input(Tensor::of({static_cast<Index>(ids.size())}, ids)));
  }
};

std::vector<std::int32_t> rows_of(const Gradients& gradients, const Parameter& parameter) {
  const auto rows = gradients.touched_rows(parameter);
  return {rows.begin(), rows.end()};
}

/// Checks values against the gradients as Vars, and that segments leave out nothing that is not 0.
void check_against_vars(Tape& tape, Var loss, const Gradients& gradients) {
  const auto flat = gradients.flat().to_doubles();
  std::vector<bool> covered(flat.size());
  Index end = -1;
  for (const auto& segment : gradients.segments()) {
    CHECK(segment.begin > end);  // ascending, and neighbours are joined
    CHECK(segment.end > segment.begin);
    end = segment.end;
    for (Index i = segment.begin; i < segment.end; ++i) covered[static_cast<std::size_t>(i)] = true;
  }
  for (std::size_t i = 0; i < flat.size(); ++i) CHECK((covered[i] || flat[i] == 0));
  for (const Parameter& p : gradients.parameters().all()) {
    CAPTURE(p.name());
    const Var var = tape.parameter(p);
    CHECK(gradients[p].shape == p.shape());
    CHECK(gradients[p].to_doubles() == values_of(tape.gradients(loss, std::span(&var, 1))[0]));
    CHECK(gradients[p].data == gradients.flat().data + p.offset() * 8);
  }
}

}  // namespace

TEST_CASE("gradients: that of an embedding is row-sparse and equals the dense one") {
  const Table t;
  Tape tape(DType::f64);
  const Var y = t.lookup(tape, {7, 2, 7, 39, 8}) * tape.parameter(t.after);
  const Var loss = sum(square(y));
  const Gradients gradients = tape.gradients(loss, t.root);
  CHECK(gradients.is_row_sparse(t.table));
  CHECK_FALSE(gradients.is_row_sparse(t.after));
  CHECK_FALSE(gradients.is_row_sparse(t.before));
  CHECK(rows_of(gradients, t.table) == std::vector<std::int32_t>{2, 7, 8, 39});
  CHECK(rows_of(gradients, t.after).empty());
  const Index base = t.table.offset();
  REQUIRE(gradients.segments().size() == 4);
  const auto segment = [&](std::size_t i) {
    return std::pair(gradients.segments()[i].begin, gradients.segments()[i].end);
  };
  CHECK(segment(0) == std::pair(base + 6, base + 9));
  CHECK(segment(1) == std::pair(base + 21, base + 27));  // rows 7 and 8
  CHECK(segment(2) == std::pair(base + 117, base + 120));
  CHECK(segment(3) == std::pair(t.after.offset(), t.after.offset() + 3));
  check_against_vars(tape, loss, gradients);
}

TEST_CASE("gradients: several lookups into one table stay row-sparse") {
  const Table t;
  Tape tape(DType::f64);
  Var loss = full(tape, {}, 0);
  for (std::int32_t k = 0; k < 5; ++k) {
    loss = loss + (k + 1) * sum(exp(t.lookup(tape, {k, 30, 2 * k})));
  }
  const Gradients gradients = tape.gradients(loss, t.root);
  CHECK(gradients.is_row_sparse(t.table));
  CHECK(rows_of(gradients, t.table) == std::vector<std::int32_t>{0, 1, 2, 3, 4, 6, 8, 30});
  check_against_vars(tape, loss, gradients);
}

TEST_CASE("gradients: a table that is also multiplied has a dense gradient") {
  const Table t;
  Tape tape(DType::f64);
  const Var looked_up = t.lookup(tape, {5, 1});
  const Var loss = sum(square(linear(looked_up, tape.parameter(t.table))));
  const Gradients gradients = tape.gradients(loss, t.root);
  CHECK_FALSE(gradients.is_row_sparse(t.table));
  CHECK(rows_of(gradients, t.table).empty());
  REQUIRE(gradients.segments().size() == 1);
  CHECK(gradients.segments()[0].begin == t.table.offset());
  check_against_vars(tape, loss, gradients);
}

TEST_CASE("gradients: a lookup of nothing touches nothing") {
  const Table t;
  Tape tape(DType::f64);
  const Gradients gradients = tape.gradients(sum(t.lookup(tape, {})), t.root);
  CHECK(gradients.is_row_sparse(t.table));
  CHECK(gradients.segments().empty());
  CHECK(gradients[t.table].to_doubles() == std::vector<double>(kRows * kWidth, 0.0));
}

TEST_CASE("gradients: further rows can be counted as touched") {
  const Table t;
  Tape tape(DType::f64);
  const auto record = [&] { return sum(square(t.lookup(tape, {7, 2}))); };
  {
    Gradients gradients = tape.gradients(record(), t.root);
    const auto touched = gradients.touched();
    REQUIRE(touched.size() == 3);
    CHECK((!touched[0].all && touched[0].rows.empty()));
    CHECK(touched[1].rows == std::vector<std::int32_t>{2, 7});
    gradients.touch(std::vector<Gradients::Touched>{{1, false, {2, 5, 39}}, {2, true, {}}});
    CHECK(rows_of(gradients, t.table) == std::vector<std::int32_t>{2, 5, 7, 39});
    CHECK(gradients.is_row_sparse(t.table));
    CHECK_FALSE(gradients.is_row_sparse(t.after));
    CHECK(gradients.touched()[2].all);
    REQUIRE(gradients.segments().size() == 5);
    for (double& value : gradients.values<double>()) value = 1;
    CHECK_THROWS_WITH_AS(gradients.touch(std::vector<Gradients::Touched>{{1, false, {40}}}),
                         "gradient of 'table': row 40 of 40", ValueError);
  }
  // The next step finds zeros where those rows were.
  tape.clear();
  const Gradients next = tape.gradients(record(), t.root);
  CHECK(rows_of(next, t.table) == std::vector<std::int32_t>{2, 7});
  CHECK(next[t.table].to_doubles()[3 * 5] == 0);
  CHECK(next[t.table].to_doubles()[3 * 39] == 0);
  CHECK(next[t.after].to_doubles() == std::vector<double>(kWidth, 0.0));
}

TEST_CASE("gradients: nothing leaks from one step to the next") {
  const Table t;
  Tape tape(DType::f64);
  // Rows, then other rows, then dense, rows again, nothing, dense, nothing, rows.
  const std::vector<std::string> steps{"1 2 3", "2 9", "dense", "5", "", "dense", "", "7 7 1"};
  for (const std::string& step : steps) {
    CAPTURE(step);
    tape.clear();
    Var loss = sum(square(tape.parameter(t.after)));
    std::vector<std::int32_t> expected;
    if (step == "dense") {
      loss = loss + sum(square(tape.parameter(t.table)));
    } else if (!step.empty()) {
      std::vector<std::int32_t> ids;
      for (const char c : step) {
        if (c != ' ') ids.push_back(c - '0');
      }
      loss = loss + sum(exp(t.lookup(tape, ids)));
      expected = ids;
      std::sort(expected.begin(), expected.end());
      expected.erase(std::unique(expected.begin(), expected.end()), expected.end());
    }
    Gradients gradients = tape.gradients(loss, t.root);
    CHECK(rows_of(gradients, t.table) == expected);
    check_against_vars(tape, loss, gradients);
    for (double& g : gradients.values<double>()) g *= 2;  // as clipping would
  }
}

TEST_CASE("gradients: a step that failed does not spoil the next one") {
  const Table t;
  Tape tape(DType::f64);
  const auto step = [&](const std::vector<std::int32_t>& ids) {
    tape.clear();
    const Var loss = sum(exp(t.lookup(tape, ids)) * tape.parameter(t.after));
    const Gradients gradients = tape.gradients(loss, t.root);
    (void)gradients.flat();
    check_against_vars(tape, loss, gradients);
  };
  step({1, 2});
  CHECK_THROWS_WITH_AS(step({3, kRows}), "embedding: id 40 at position 1: expected one in [0, 40)",
                       ValueError);
  step({4});
}

TEST_CASE("gradients: two losses of one tape have gradients side by side") {
  const Table t;
  Tape tape(DType::f64);
  const Var one = sum(square(t.lookup(tape, {1})));
  const Var two = sum(exp(t.lookup(tape, {2})));
  const Gradients first = tape.gradients(one, t.root);
  const Gradients second = tape.gradients(two, t.root);
  CHECK(rows_of(second, t.table) == std::vector<std::int32_t>{2});
  CHECK(rows_of(first, t.table) == std::vector<std::int32_t>{1});
  check_against_vars(tape, one, first);
  check_against_vars(tape, two, second);
}

TEST_CASE("gradients: values on the tape outlive the Gradients that held them") {
  const Table t;
  Tape tape(DType::f64);
  const Var w = tape.parameter(t.after);
  (void)tape.gradients(sum(square(w)), t.root).flat();
  const std::string before = tape.to_string(true);
  (void)tape.gradients(sum(exp(w)), t.root).flat();
  CHECK(tape.to_string(true).starts_with(before));
}

TEST_CASE("gradients: parameters with an equal gradient have a copy each") {
  const Parameters root(DType::f64);
  const Parameter a = root.add("a", {2}, rising());
  const Parameter b = root.add("b", {2}, rising());
  const Parameter c = root.add("c", {1, 2}, rising());
  Tape tape(DType::f64);
  const Var y = tape.parameter(a) + tape.parameter(b) + reshape(tape.parameter(c), {2});
  const Gradients gradients = tape.gradients(sum(y * 3), root);
  for (const Parameter& p : {a, b, c}) {
    CHECK(gradients[p].to_doubles() == std::vector<double>{3, 3});
  }
  Tape alone(DType::f64);
  CHECK(alone.gradients(alone.parameter(a), root)[a].to_doubles() == std::vector<double>{1, 1});
}

TEST_CASE("gradients: complete ones are told while the others are computed") {
  const Parameters p(DType::f64);
  const Parameter a = p.add("A", {4, 4}, rising(0.1, 0.01));
  const Parameter b = p.add("B", {4, 4}, rising(0.2, 0.01));
  const Parameter u = p.add("U", {4, 4}, rising(0.3, -0.01));
  const Parameter v = p.add("V", {4, 5}, rising(0.1, 0.02));
  Tape tape(DType::f64);
  const auto gradients_of = [&] {
    tape.clear();
    const Var start = tape.input(Tensor::of<double>({1, 4}, {0.1, -0.2, 0.3, 0.4}));
    Var h = matmul(start, tape.parameter(a) + tape.parameter(b));
    for (int step = 0; step < 5; ++step) h = tanh(matmul(h, tape.parameter(u)));
    return tape.gradients(sum(square(matmul(h, tape.parameter(v)))), p);
  };
  const Gradients wanted = gradients_of();
  // A and B have one gradient between them, of which each gets a copy in the end.
  CHECK(wanted.early() == std::vector<std::size_t>{u.index(), v.index()});
  const std::vector<double> flat = wanted.flat().to_doubles();
  CHECK(wanted.early().empty());

  int calls = 0;
  int told_at = 0;
  const Gradients gradients = gradients_of();
  gradients.run([&](std::span<const Gradients::Ready> ready) {
    ++calls;
    for (const Gradients::Ready& one : ready) {
      if (one.parameter != v.index()) continue;
      CHECK(told_at == 0);
      told_at = calls;
      CHECK(one.values.size() == 20 * sizeof(double));
      auto* const values = reinterpret_cast<double*>(one.values.data());
      for (int i = 0; i < 20; ++i) {
        CHECK(values[i] == flat[static_cast<std::size_t>(v.offset() + i)]);
        values[i] = i;
      }
    }
  });
  CHECK(told_at > 0);
  CHECK(calls > told_at + 5);
  for (const Parameter& q : {a, b, u}) CHECK(gradients[q].to_doubles() == wanted[q].to_doubles());
  CHECK(gradients[v].to_doubles() == ramp({20}, 0, 1).to_doubles());
}

TEST_CASE("gradients: what on_ready throws ends the run on one thread and on two") {
  const int before = threads();
  for (const int count : {1, 2}) {
    set_threads(count);
    const Parameters p;
    const Parameter u = p.add("U", {200, 200}, rising(0.01, 1e-7));
    Tape tape;
    int calls = 0;
    const auto gradients_of_steps = [&] {
      tape.clear();
      Var h = tape.input(Tensor(DType::f32, {64, 200}));
      for (int step = 0; step < 4; ++step) h = tanh(matmul(h, tape.parameter(u)));
      return tape.gradients(sum(square(h)), p);
    };
    gradients_of_steps().run([&](auto /*ready*/) { ++calls; });
    REQUIRE(calls > 4);
    for (const int last : {1, calls}) {  // after the first step, and after the last
      int call = 0;
      const Gradients gradients = gradients_of_steps();
      CHECK_THROWS_WITH_AS(gradients.run([&](auto /*ready*/) {
        if (++call == last) fail<ValueError>("enough");
      }),
                           "enough", ValueError);
      CHECK(call == last);
    }
  }
  set_threads(before);
}

TEST_CASE("gradients: taken of a branch, those outside it are zero") {
  WordModel model(DType::f64);
  Tape tape(DType::f64);
  const Var loss = model.loss(tape, 3);
  const Gradients all = tape.gradients(loss, model.parameters);
  const Gradients branch = tape.gradients(loss, model.parameters / "readout");
  CHECK(branch[model.readout.W].to_doubles() == all[model.readout.W].to_doubles());
  for (const double g : branch[model.lstm.i.W].to_doubles()) CHECK(g == 0);
  for (const double g : branch[model.words.W].to_doubles()) CHECK(g == 0);
  CHECK(branch.segments().size() == 2);
}

TEST_CASE("gradients: unread gradients of a cleared tape are refused, read ones stay") {
  const Table t;
  Tape tape(DType::f64);
  const Gradients read = tape.gradients(sum(square(tape.parameter(t.before))), t.root);
  const Gradients unread = tape.gradients(sum(t.lookup(tape, {1})), t.root);
  const Index last = tape.node_count() - 1;  // the gradient that is asked for too late
  const std::vector<double> values = read.flat().to_doubles();
  tape.clear();
  const Gradients other = tape.gradients(sum(exp(tape.parameter(t.before))), t.root);
  (void)other.flat();
  CHECK(read.flat().to_doubles() == values);
  CHECK(read[t.before].at(1) == doctest::Approx(0.4));
  CHECK_THROWS_WITH_AS((void)unread.flat(),
                       fmt::format("Var #{} belongs to a tape that was cleared (generation 1, now "
                                   "2); carry() values across tape.clear()",
                                   last)
                           .c_str(),
                       HandleError);
}

TEST_CASE("gradients: clipping leaves the tape's own values as they are") {
  Parameters parameters(DType::f64);
  const Parameter W = parameters.add("W", {1, 2}, constant(3));
  Tape tape(DType::f64);
  const Var x = tape.input(Tensor::of<double>({2, 2}, {6, 0, 6, 2}));
  const Var loss = sum(linear(x, tape.parameter(W)));
  Gradients gradients = tape.gradients(loss, parameters);
  REQUIRE(gradients[W].to_doubles() == std::vector<double>{12, 2});
  clip_by_value(gradients, 1);
  CHECK(gradients[W].to_doubles() == std::vector<double>{1, 1});
  CHECK(tape.to_string(true).find("= 12 2") != std::string::npos);
}

TEST_CASE("gradients: another tree and a tree that has grown are refused") {
  Parameters parameters;
  Parameters others;
  const Parameter W = parameters.add("W", {2}, constant(3));
  const Parameter other = others.add("W", {2}, constant(3));
  Tape tape;
  const Gradients gradients = tape.gradients(sum(square(tape.parameter(W))), parameters);
  CHECK(gradients[W].at(0) == 6);
  CHECK_THROWS_WITH_AS((void)gradients[other],
                       "gradients of one tree were asked for a parameter of another, 'W'",
                       HandleError);
  tape.clear();
  parameters.add("b", {1}, constant(0));
  (void)parameters.flat();  // gives all parameters their places
  CHECK_THROWS_WITH_AS((void)gradients[W],
                       "parameters were added since these gradients were computed", HandleError);
}

TEST_CASE("gradients: of a loss that depends on no parameter of the tree are refused") {
  const Parameters model(DType::f64);
  const Parameters other(DType::f64);
  const Parameter w = model.add("w", {2}, constant(1));
  (void)other.add("cell.v", {2}, constant(1));
  Tape tape(DType::f64);
  const Var loss = sum(square(tape.parameter(w)));
  CHECK_THROWS_WITH_AS(
      (void)tape.gradients(loss, other),
      fmt::format("gradients: no gradient of the loss, node #{} (sum), reaches any of the 1 "
                  "parameters of the tree, of which the first is 'cell.v': are they those of the "
                  "model?",
                  loss.index())
          .c_str(),
      Error);
  CHECK_NOTHROW((void)tape.gradients(loss, model));
  CHECK_NOTHROW((void)tape.gradients(loss, other, Tape::Unreached::zero));
  CHECK_NOTHROW((void)tape.gradients(loss, Parameters(DType::f64)));  // a tree without any
}
