// Row-sparse gradients: where the dense ones end, at a cost proportional to the rows touched.
#include "descent.h"

namespace unroll::testing {
namespace {

constexpr int kSteps = 1000;

/// The elements of all parameters, without the padding between them.
constexpr Index kAll = Lookups::kRows * Lookups::kWidth + Lookups::kWidth * 7 + 1;

TEST_CASE("sparse: 1000 row-sparse steps end where 1000 dense steps end") {
  for (const OptimizerEntry& entry : all_optimizers()) {
    for (const DType dtype : {DType::f32, DType::f64}) {
      CAPTURE(entry.name);
      Lookups a(dtype);
      Lookups b(dtype);
      const Tensor before(a.p.flat());
      const auto sparse = entry.make(entry.learning_rate, 0);
      const auto dense = entry.make(entry.learning_rate, 0);
      for (int step = 0; step < kSteps; ++step) {
        const Gradients ga = a.gradients(step, true);
        const bool rows = !Lookups::whole_table(step) && !Lookups::no_table(step);
        REQUIRE(ga.is_row_sparse(a.table) == rows);
        sparse->step(ga);
        const Gradients gb = b.gradients(step, false);
        REQUIRE_FALSE(gb.is_row_sparse(b.table));
        dense->step(gb);
      }
      CHECK(difference(a.p.flat(), before) > 1e-3);
      if (sparse->untouched() == Untouched::fade) {
        // rho^k rounds once where k steps round k times.
        CHECK(difference(a.p.flat(), b.p.flat()) < (dtype == DType::f32 ? 3e-5 : 1e-13));
      } else {
        CHECK(same_bits(a.p.flat(), b.p.flat()));
      }
    }
  }
}

TEST_CASE("sparse: with weight decay sparse and dense steps give the same bits") {
  for (const OptimizerEntry& entry : all_optimizers()) {
    CAPTURE(entry.name);
    Lookups a;
    Lookups b;
    const auto sparse = entry.make(entry.learning_rate, 0.01);
    const auto dense = entry.make(entry.learning_rate, 0.01);
    CHECK(sparse->untouched() == Untouched::move);
    const Tensor before(a.table.value());
    for (int step = 0; step < 100; ++step) {
      sparse->step(a.gradients(step, true));
      dense->step(b.gradients(step, false));
    }
    CHECK(same_bits(a.p.flat(), b.p.flat()));
    const Index last = Lookups::kRows * Lookups::kWidth - 1;
    CHECK(std::abs(a.table.value().at(last)) < std::abs(before.at(last)));  // never touched
  }
}

TEST_CASE("sparse: a step visits what its gradient touches, where the formula allows it") {
  for (const OptimizerEntry& entry : all_optimizers()) {
    CAPTURE(entry.name);
    Lookups a;
    const auto optimizer = entry.make(entry.learning_rate, 0);
    const auto* const slots = dynamic_cast<const SlotOptimizer*>(optimizer.get());
    REQUIRE(slots != nullptr);
    for (int step = 0; step < 200; ++step) {
      const Tensor before(a.p.flat());
      optimizer->step(a.gradients(step, true));
      const bool moves = optimizer->untouched() == Untouched::move;
      CHECK(slots->slots().visited() == (moves ? kAll : Lookups::touched(step)));
      Index changed = 0;
      for (Index i = 0; i < before.size(); ++i) changed += a.p.flat().at(i) != before.at(i) ? 1 : 0;
      if (!moves) CHECK(changed <= Lookups::touched(step));
    }
  }
}

TEST_CASE("sparse: the list of optimizers whose steps skip untouched rows") {
  const std::map<std::string_view, Untouched> expected{
      {"sgd", Untouched::stay},      {"adagrad", Untouched::stay},
      {"rmsprop", Untouched::fade},  {"rmsprop-inside", Untouched::fade},
      {"adadelta", Untouched::fade}, {"momentum", Untouched::move},
      {"nesterov", Untouched::move}, {"rmsprop-graves", Untouched::move},
      {"adam", Untouched::move},     {"adamw", Untouched::move}};
  for (const OptimizerEntry& entry : all_optimizers()) {
    CAPTURE(entry.name);
    CHECK(entry.make(0.1, 0)->untouched() == expected.at(entry.name));
  }
  RmsPropOptions still = RmsProp::graves();
  still.momentum = 0;
  CHECK(RmsProp(still).untouched() == Untouched::fade);
}

TEST_CASE("sparse: centred RMSProp without momentum fades the mean of untouched rows too") {
  RmsPropOptions options = RmsProp::graves();
  options.momentum = 0;
  options.learning_rate = 1e-3;
  RmsProp sparse(options);
  RmsProp dense(options);
  Lookups a;
  Lookups b;
  for (int step = 0; step < kSteps; ++step) {
    sparse.step(a.gradients(step, true));
    dense.step(b.gradients(step, false));
  }
  CHECK(difference(a.p.flat(), b.p.flat()) < 1e-12);
}

TEST_CASE("sparse: the moments of a row fade by rho for every step that did not touch it") {
  const Parameters p(DType::f64);
  const Parameter table = p.add("table", {4, 2}, zeros());
  RmsProp optimizer({.decay = 0.5});
  Tape tape(DType::f64);
  const auto touch = [&](std::int32_t row, double g) {
    tape.clear();
    const Var rows = embedding(tape.parameter(table), tape.input(ids_of({1}, {row})));
    optimizer.step(tape.gradients(sum(rows) * g, p));
  };
  touch(1, 4);
  CHECK(optimizer.slots().values<double>(0)[2] == 8);  // half of 4^2
  touch(0, 1);
  touch(0, 1);
  CHECK(optimizer.slots().values<double>(0)[2] == 8);  // not visited
  touch(1, 2);
  CHECK(optimizer.slots().values<double>(0)[2] == 0.5 * (0.25 * 8) + 0.5 * 4);
  CHECK(optimizer.slots().values<double>(0)[0] == 0.75);  // of the first two of its three steps
}

TEST_CASE("sparse: a step that touches no row still counts as a step") {
  const Parameters p(DType::f64);
  const Parameter a = p.add("a", {2}, constant(1));
  RmsProp optimizer({.decay = 0.5});
  Tape tape(DType::f64);
  optimizer.step(tape.gradients(sum(tape.parameter(a) * 2.0), p));
  CHECK(optimizer.slots().values<double>(0)[0] == 2);
  optimizer.step(tape.gradients(full(tape, {}, 1), p, Tape::Unreached::zero));
  CHECK(optimizer.slots().visited() == 0);
  optimizer.step(tape.gradients(sum(tape.parameter(a) * 2.0), p));
  CHECK(optimizer.slots().values<double>(0)[0] == 0.5 * (0.5 * 2) + 2);
  CHECK(optimizer.slots().steps() == 3);
}

}  // namespace
}  // namespace unroll::testing
