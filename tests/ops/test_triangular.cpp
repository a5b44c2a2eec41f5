// Systems with a triangle against substitution, row by row.
#include "support.h"

namespace unroll::testing {
namespace {

/// y with (I + L) y = b, of L below the diagonal; with its transpose from the last row to the
/// first.
Tensor substitute(const Tensor& L, const Tensor& b, bool transposed) {
  const Index n = b.shape()[0];
  const Index m = b.shape()[1];
  Tensor y(DType::f64, b.shape());
  for (Index step = 0; step < n; ++step) {
    const Index i = transposed ? n - 1 - step : step;
    for (Index c = 0; c < m; ++c) {
      double value = b.at(i * m + c);
      for (Index before = 0; before < step; ++before) {
        const Index j = transposed ? n - 1 - before : before;
        value -= L.at(transposed ? j * n + i : i * n + j) * y.at(j * m + c);
      }
      y.values<double>()[static_cast<std::size_t>(i * m + c)] = value;
    }
  }
  return y;
}

/// Small enough below the diagonal for y to stay near b; NaN elsewhere, where nothing is read.
Tensor triangle(Index n) {
  Tensor L = random_tensor({n, n}, 1);
  for (Index i = 0; i < n; ++i) {
    for (Index j = 0; j < n; ++j) {
      double& value = L.values<double>()[static_cast<std::size_t>(i * n + j)];
      value = j < i ? value / static_cast<double>(n) : std::nan("");
    }
  }
  return L;
}

TEST_CASE("solve_unit_lower: equals substitution and reads nothing above the diagonal") {
  const std::initializer_list<std::array<Index, 2>> sides = {{1, 1},   {2, 3},   {7, 1},
                                                             {16, 64}, {33, 65}, {64, 20}};
  for (const std::array<Index, 2>& side : sides) {
    const Index n = side[0];
    const Index m = side[1];
    const Tensor L = triangle(n);
    const Tensor b = random_tensor({n, m}, 2);
    for (const bool transposed : {false, true}) {
      INFO(n, " x ", m, ", transposed ", transposed);
      const Tensor wanted = substitute(L, b, transposed);
      Tape wide(DType::f64);
      const Var y = solve_unit_lower(wide.input(L), wide.input(b), transposed);
      CHECK(difference(y.value(), wanted) < 1e-13);
      Tape narrow(DType::f32);
      const Var rounded = solve_unit_lower(narrow.input(L), narrow.input(b), transposed);
      CHECK(difference(rounded.value(), wanted) < 1e-5);
    }
  }
}

TEST_CASE("solve_unit_lower: threads share the systems and give the same bits") {
  const Tensor L = random_tensor({7, 40, 40}, 1).to(DType::f32);
  const Tensor b = random_tensor({7, 40, 30}, 2).to(DType::f32);
  std::vector<Tensor> results;
  for (const int count : {1, 2, 3}) {
    set_threads(count);
    Tape tape;
    const Var y = solve_unit_lower(0.02 * tape.input(L), tape.input(b));
    results.emplace_back(y.value());
  }
  set_threads(0);
  CHECK(same_bits(results[0], results[1]));
  CHECK(same_bits(results[0], results[2]));
}

}  // namespace
}  // namespace unroll::testing
