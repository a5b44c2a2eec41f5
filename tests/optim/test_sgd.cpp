// Stochastic gradient descent: on row-sparse gradients, and to convergence.
#include "layers/cells.h"

namespace unroll::testing {
namespace {

/// A table looked up or, to the same effect, multiplied by one-hot rows, and a head.
struct Lookup {
  Parameters p;
  Parameter table;
  Linear head;
  Tensor ids;

  explicit Lookup(DType dtype)
      : p(dtype, 4),
        table(p.add("table", {20, 3}, uniform(1))),
        head(p / "head", 3, 2),
        ids(ids_of({5}, {3, 17, 3, 0, 3})) {}

  [[nodiscard]] Gradients gradients(Tape& tape, bool sparse) const {
    const Var n = tape.input(ids);
    const Var W = tape.parameter(table);
    const Var rows = sparse ? embedding(W, n) : matmul(unpick(full(tape, {5}, 1), n, 20), W);
    return tape.gradients(weighted_sum(tanh(head(rows)), 2), p);
  }
};

TEST_CASE("sgd: a row-sparse gradient changes the touched rows only, by the dense update") {
  for (const DType dtype : {DType::f32, DType::f64}) {
    const Lookup a(dtype);
    const Lookup b(dtype);
    const Tensor before(a.table.value());
    Tape tape(dtype);
    const Gradients sparse = a.gradients(tape, true);
    const Gradients dense = b.gradients(tape, false);
    CHECK(sparse.is_row_sparse(a.table));
    CHECK_FALSE(dense.is_row_sparse(b.table));
    Sgd{0.3}.step(sparse);
    Sgd{0.3}.step(dense);
    const double bound = dtype == DType::f32 ? 1e-6 : 1e-15;
    for (const Parameter& one : a.p.all()) {
      CHECK(difference(one.value(), b.p[one.name()].value()) < bound);
    }
    for (Index row = 0; row < 20; ++row) {
      bool changed = false;
      for (Index j = 0; j < 3; ++j) {
        changed = changed || a.table.value().at(row * 3 + j) != before.at(row * 3 + j);
      }
      CHECK(changed == (row == 0 || row == 3 || row == 17));
    }
  }
}

TEST_CASE("sgd: rows touched by an earlier step are not touched again") {
  const Lookup a(DType::f64);
  Tape tape(DType::f64);
  Sgd{0.3}.step(a.gradients(tape, true));
  const Tensor before(a.table.value());
  tape.clear();
  const Var rows = embedding(tape.parameter(a.table), tape.input(ids_of({1}, {9})));
  Sgd{0.3}.step(tape.gradients(sum(rows), a.p));
  for (Index i = 0; i < before.size(); ++i) {
    const bool touched = i / 3 == 9;
    CHECK(std::abs(a.table.value().at(i) - (before.at(i) - (touched ? 0.3 : 0))) < 1e-15);
  }
}

TEST_CASE("sgd: parameters the loss does not depend on stay as they are") {
  const Parameters p(DType::f64, 1);
  const Parameter used = p.add("used", {3}, uniform(1));
  const Parameter unused = p.add("unused", {3}, uniform(1));
  const Tensor before(unused.value());
  Tape tape(DType::f64);
  Sgd{0.5}.step(tape.gradients(sum(square(tape.parameter(used))), p));
  CHECK(same_bits(unused.value(), before));
  CHECK(std::abs(used.value().at(0)) < 1e-15);  // x - 0.5 (2 x)
}

TEST_CASE("sgd: a step leaves the gradients it was given unchanged") {
  // Lazily computed gradients are read before any parameter changes.
  const Parameters p(DType::f64);
  const Parameter a = p.add("a", {}, constant(2));
  const Parameter b = p.add("b", {}, constant(3));
  Tape tape(DType::f64);
  const Var loss = tape.parameter(a) * b;
  Sgd{1}.step(tape.gradients(loss, p));
  CHECK(a.value().at(0) == -1);
  CHECK(b.value().at(0) == 1);
  CHECK(loss.item() == 6);
}

/// Trains a small network to tell at the end of a sequence which id stood first; the last losses.
double train(DType dtype, std::string_view cell_name, int steps) {
  constexpr Index kSteps = 5;
  constexpr Index kIds = 4;
  const Parameters p(dtype, 1);
  const AnyCell cell = find_cell(cell_name).make(p / "cell", Input::one_hot(kIds), 8, {});
  const Linear head(p / "head", 8, kIds);
  Sgd optimizer{0.5};
  Tape tape(dtype);
  double loss_value = 0;
  for (int step = 0; step < steps; ++step) {
    tape.clear();
    const Tensor ids = random_ids({kSteps, 8}, static_cast<std::uint64_t>(step), kIds);
    const Var x = tape.input(ids);
    const auto [outputs, last] = unroll_over(cell, x, zero_state(cell, tape, 8));
    const Var loss = softmax_cross_entropy(head(output_of(last)), select(x, 0));
    Gradients gradients = tape.gradients(loss, p);
    clip_by_global_norm(gradients, 1);
    optimizer.step(gradients);
    loss_value = loss.item();
  }
  return loss_value;
}

TEST_CASE("sgd: a small network learns to remember") {
  for (const char* cell : {"lstm", "gru", "rnn"}) {
    CAPTURE(cell);
    CHECK(train(DType::f64, cell, 1) > 1.2);  // log(4) = 1.39: it guesses
    CHECK(train(DType::f64, cell, 800) < 0.1);
    CHECK(train(DType::f32, cell, 800) < 0.1);
  }
}

}  // namespace
}  // namespace unroll::testing
