// Products against three nested loops.
#include "support.h"

namespace unroll::testing {
namespace {

/// Element (i, j) of a matrix, or of its transpose.
double at(const Tensor& matrix, bool transposed, Index i, Index j) {
  const Index width = matrix.shape()[1];
  return matrix.at(transposed ? j * width + i : i * width + j);
}

Tensor naive_product(const Tensor& a, const Tensor& b, Transposed t) {
  const Index m = a.shape()[t.a ? 1 : 0];
  const Index inner = a.shape()[t.a ? 0 : 1];
  const Index n = b.shape()[t.b ? 0 : 1];
  Tensor y(DType::f64, {m, n});
  for (Index i = 0; i < m; ++i) {
    for (Index j = 0; j < n; ++j) {
      double& sum = y.values<double>()[static_cast<std::size_t>(i * n + j)];
      for (Index k = 0; k < inner; ++k) sum += at(a, t.a, i, k) * at(b, t.b, k, j);
    }
  }
  return y;
}

TEST_CASE("matmul: every combination of transposes and shapes equals a naive product") {
  // Vectors, matrices of one row or column (other library calls), empty ones, larger ones.
  const std::initializer_list<std::array<Index, 3>> sides = {
      {1, 1, 1}, {3, 4, 5}, {1, 7, 5}, {7, 5, 1},    {1, 9, 1},
      {5, 1, 3}, {0, 4, 5}, {3, 4, 0}, {33, 65, 17}, {20, 200, 80}};
  for (const std::array<Index, 3>& side : sides) {
    const Index m = side[0];
    const Index k = side[1];
    const Index n = side[2];
    for (const Transposed t :
         {Transposed{}, Transposed{true, false}, Transposed{false, true}, Transposed{true, true}}) {
      const Tensor a = random_tensor(t.a ? Shape{k, m} : Shape{m, k}, 1);
      const Tensor b = random_tensor(t.b ? Shape{n, k} : Shape{k, n}, 2);
      const Tensor wanted = naive_product(a, b, t);
      INFO(m, " x ", k, " x ", n, ", transposed ", t.a, " ", t.b);
      Tape wide(DType::f64);
      CHECK(difference(matmul(wide.input(a), wide.input(b), t).value(), wanted) < 1e-13);
      Tape narrow(DType::f32);
      CHECK(difference(matmul(narrow.input(a), narrow.input(b), t).value(), wanted) <
            1e-5 + 1e-7 * static_cast<double>(k));
    }
  }
}

TEST_CASE("matmul: matrices along a leading axis equal naive products, small, thin and large") {
  const std::initializer_list<std::array<Index, 3>> sides = {
      {5, 6, 7}, {101, 102, 103}, {16, 400, 160}, {3, 600, 600}, {600, 600, 3}};
  for (const std::array<Index, 3>& side : sides) {
    const Index m = side[0];
    const Index k = side[1];
    const Index n = side[2];
    for (const Transposed t :
         {Transposed{}, Transposed{true, false}, Transposed{false, true}, Transposed{true, true}}) {
      const Tensor a = random_tensor(t.a ? Shape{2, k, m} : Shape{2, m, k}, 1);
      const Tensor b = random_tensor(t.b ? Shape{2, n, k} : Shape{2, k, n}, 2);
      Tape wide(DType::f64);
      const std::vector<Var> exact{wide.input(a), wide.input(b)};
      const Var products = matmul(exact[0], exact[1], t);
      Tape narrow(DType::f32);
      const Var rounded = matmul(narrow.input(a), narrow.input(b), t);
      INFO(m, " x ", k, " x ", n, ", transposed ", t.a, " ", t.b);
      for (const Index i : {0, 1}) {
        const Tensor wanted = naive_product(Tensor(select(exact[0], i).value()),
                                            Tensor(select(exact[1], i).value()), t);
        CHECK(difference(select(products, i).value(), wanted) < 1e-11);
        CHECK(difference(select(rounded, i).value(), wanted) < 1e-3);
      }
    }
  }
}

TEST_CASE("matmul: a sum over nothing is zero, whatever the memory held before") {
  Tape tape(DType::f64);
  for (int round = 0; round < 2; ++round) {
    (void)sum(tape.input(random_tensor({40}, 1))).item();  // leaves other values behind
    tape.clear();
    const Var y =
        matmul(tape.input(Tensor(DType::f64, {3, 0})), tape.input(Tensor(DType::f64, {0, 5})));
    CHECK(y.value().to_doubles() == std::vector<double>(15, 0));
  }
}

TEST_CASE("linear: y = x Wᵀ + b over all leading dimensions") {
  for (const Shape& shape :
       {Shape{4}, Shape{3, 4}, Shape{2, 3, 4}, Shape{2, 2, 3, 4}, Shape{0, 4}}) {
    const Index rows = shape.size() / 4;
    const Tensor x = random_tensor(shape, 1);
    const Tensor W = random_tensor({5, 4}, 2);
    const Tensor b = random_tensor({5}, 3);
    Tape tape(DType::f64);
    const Var flat = reshape(tape.input(x), {rows, 4});
    const Tensor product = naive_product(Tensor(flat.value()), W, {false, true});
    const TensorView without = linear(tape.input(x), tape.input(W)).value();
    const TensorView with = linear(tape.input(x), tape.input(W), tape.input(b)).value();
    REQUIRE(without.shape == shape.with(shape.rank() - 1, 5));
    REQUIRE(with.shape == without.shape);
    for (Index i = 0; i < rows * 5; ++i) {
      CHECK(std::abs(without.at(i) - product.at(i)) < 1e-14);
      CHECK(std::abs(with.at(i) - product.at(i) - b.at(i % 5)) < 1e-14);
    }
  }
}

TEST_CASE("linear: a bias alone is repeated for every row") {
  Tape tape(DType::f64);
  const Var y =
      linear(tape.input(Tensor(DType::f64, {3, 0})), tape.input(Tensor(DType::f64, {2, 0})),
             tape.input(Tensor::of<double>({2}, {1, 2})));
  CHECK(y.value().to_doubles() == std::vector<double>{1, 2, 1, 2, 1, 2});
}

TEST_CASE("linear: the products of a gradient stay matrix products over all rows at once") {
  // One product for x and one for W, however many leading dimensions there are.
  Tape tape;
  const std::vector<Var> v = put(tape, {random_tensor({6, 3, 4}, 1), random_tensor({5, 4}, 2)});
  const Var y = sum(linear(v[0], v[1]));
  const auto products = [&] {
    const auto& nodes = tape.graph().nodes;
    return std::count_if(nodes.begin(), nodes.end(),
                         [](const Node& node) { return node.op->kind == OpKind::product; });
  };
  CHECK(products() == 1);
  (void)tape.gradients(y, v);
  CHECK(products() == 3);
}

TEST_CASE("matmul: a gradient that is a column times a row is recorded element by element") {
  for (const bool as_row : {false, true}) {  // S q, or qᵀ S
    Tape tape;
    const std::vector<Var> v =
        put(tape, {random_tensor({2, 4, 4}, 1), random_tensor({2, 4, 1}, 2)});
    const Var y = as_row ? matmul(v[1], v[0], {.a = true}) : matmul(v[0], v[1]);
    (void)tape.gradients(sum(y), v);
    const auto& nodes = tape.graph().nodes;
    const Index products = std::count_if(nodes.begin(), nodes.end(), [](const Node& node) {
      return node.op->name == "batch_matmul";
    });
    CHECK(products == 2);  // y and the gradient of q
  }
}

TEST_CASE("matmul: the gradients of a weight that is used many times are one product") {
  constexpr Index kUses = 7;
  Tape tape(DType::f64);
  const Var W = tape.input(random_tensor({3, 4}, 1));
  std::vector<Var> outputs;
  for (Index i = 0; i < kUses; ++i) {  // each use with a number of rows of its own
    const auto seed = static_cast<std::uint64_t>(i);
    outputs.push_back(linear(tape.input(random_tensor({i + 1, 4}, seed)), W));
  }
  Var loss = full(tape, {}, 0);
  for (const Var& y : outputs) loss = loss + weighted_sum(y, 5);
  const Var dW = tape.gradients(loss, std::vector<Var>{W})[0];
  const Tensor together(dW.value());
  CHECK(tape.plan_to_string().find("3 x 4 x 28") != std::string::npos);

  std::vector<double> wanted(12);
  for (const Var& y : outputs) {
    const Var one = tape.gradients(weighted_sum(y, 5), std::vector<Var>{W})[0];
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      wanted[i] += one.value().at(static_cast<Index>(i));
    }
  }
  CHECK(difference(together.view().to_doubles(), wanted) < 1e-14);
}

}  // namespace
}  // namespace unroll::testing
