#pragma once
/// What the tests of optimizers share: the loss of the golden trajectories, and rows looked up.

#include "golden.h"
#include "support.h"

namespace unroll::testing {

/// sum(g p), whose gradient with respect to p is g.
inline Var with_gradient(Var p, const Tensor& g) { return sum(p * p.tape().input(g)); }

/// cos(p) a + 2 (p - b), the gradient of golden_optim.py's loss.
inline Tensor golden_gradient(const TensorView& p, const Tensor& a, const Tensor& b) {
  Tensor g(DType::f64, p.shape);
  for (Index i = 0; i < p.size(); ++i) {
    g.values<double>()[static_cast<std::size_t>(i)] =
        std::cos(p.at(i)) * a.at(i) + 2 * (p.at(i) - b.at(i));
  }
  return g;
}

/// The two parameters of a golden trajectory, at its beginning.
struct Descent {
  GoldenCase golden;
  Parameters p;
  Parameter p0;
  Parameter p1;
  Tape tape;

  explicit Descent(GoldenCase of, DType dtype = DType::f64)
      : golden(std::move(of)),
        p(dtype),
        p0(p.add("p0", golden["p0.step0"].shape(), zeros())),
        p1(p.add("p1", golden["p1.step0"].shape(), zeros())),
        tape(dtype) {
    p0.set(golden["p0.step0"]);
    p1.set(golden["p1.step0"]);
  }

  void step(Optimizer& optimizer) {
    tape.clear();
    const Tensor g0 = golden_gradient(p0.value(), golden["p0.a"], golden["p0.b"]);
    const Tensor g1 = golden_gradient(p1.value(), golden["p1.a"], golden["p1.b"]);
    const Var loss = with_gradient(tape.parameter(p0), g0) + with_gradient(tape.parameter(p1), g1);
    optimizer.step(tape.gradients(loss, p));
  }

  /// The largest difference from the golden values after `step` steps; nothing where none are kept.
  [[nodiscard]] std::optional<Comparison<double>> error(int step) const {
    const std::string name = fmt::format("step{}", step);
    if (!golden.tensors.contains("p0." + name)) return std::nullopt;
    const Comparison<double> first = difference(p0.value(), golden["p0." + name]);
    const Comparison<double> second = difference(p1.value(), golden["p1." + name]);
    return first < second ? second : first;
  }
};

/// A table of 50 rows that are looked up now and then, a scalar and a matrix: what a step reaches
/// is decided by its number, and differs. The loss of a step is a smooth function of what it
/// reaches.
struct Lookups {
  static constexpr Index kRows = 50;
  static constexpr Index kWidth = 3;

  Parameters p;
  Parameter table;
  Parameter matrix;
  Parameter scalar;
  Tape tape;

  explicit Lookups(DType dtype = DType::f64)
      : p(dtype, 4),
        table(p.add("table", {kRows, kWidth}, uniform(1))),
        matrix(p.add("matrix", {kWidth, 7}, uniform(1))),
        scalar(p.add("scalar", {}, constant(0.5))),
        tape(dtype) {}

  /// Rows 0 to 4 often, up to row 40 in bursts of 20 steps now and then, row 41 once, at step 700,
  /// the last ones never; each at most once a step, so that sums of gradients have one term.
  static std::vector<std::int32_t> ids(int step) {
    std::vector<std::int32_t> ids{step % 5};
    const int burst = step / 20;
    if (burst % 3 == 0) ids.push_back(5 + (burst * 7 + step) % 36);
    if (step == 700) ids.push_back(41);
    return ids;
  }
  /// Some steps reach all of the table, some none of it; some the matrix and the scalar.
  static bool whole_table(int step) { return step % 97 == 50; }
  static bool no_table(int step) { return step % 13 == 6; }
  static bool others(int step) { return step % 4 != 1; }

  /// The gradients of one step: sparse where they can be; or dense, with zeros where nothing is
  /// reached.
  Gradients gradients(int step, bool sparse) {
    tape.clear();
    const Var W = tape.parameter(table);
    Var loss = full(tape, {}, 0);
    if (whole_table(step)) {
      loss = loss + sum(square(tanh(W - 0.3)));
    } else if (!no_table(step)) {
      const std::vector<std::int32_t> rows = ids(step);
      const auto count = static_cast<Index>(rows.size());
      const Var n = tape.input(ids_of({count}, rows));
      const Var x = sparse ? embedding(W, n) : matmul(unpick(full(tape, {count}, 1), n, kRows), W);
      loss = loss + sum(square(tanh(x - 0.1 * (step % 7))));
    } else if (!sparse) {
      loss = loss + sum(W * 0);
    }
    const double on = others(step) ? 1 : 0;
    if (!sparse || on == 1) {
      loss = loss + sum(square(tape.parameter(matrix) - 0.2)) * on +
             square(tape.parameter(scalar) + 0.1 * (step % 3)) * on;
    }
    return tape.gradients(loss, p, Tape::Unreached::zero);
  }

  /// The elements that a step's gradient touches.
  static Index touched(int step) {
    Index elements = others(step) ? kWidth * 7 + 1 : 0;
    if (whole_table(step)) return elements + kRows * kWidth;
    if (!no_table(step)) elements += static_cast<Index>(ids(step).size()) * kWidth;
    return elements;
  }
};

}  // namespace unroll::testing
