// How parameters begin.
#include "layers/cells.h"

namespace unroll::testing {
namespace {

Tensor make(const Initializer& initialize, const Shape& shape, std::uint64_t seed = 1) {
  Tensor tensor(DType::f64, shape);
  Random random(seed);
  initialize(shape, tensor.values<double>(), random);
  return tensor;
}

struct Range {
  double low = INFINITY;
  double high = -INFINITY;
  double mean = 0;
};

Range range_of(const Tensor& tensor) {
  Range range;
  for (const double value : tensor.values<double>()) {
    range.low = std::min(range.low, value);
    range.high = std::max(range.high, value);
    range.mean += value / static_cast<double>(tensor.size());
  }
  return range;
}

/// Whether values are spread over [-limit, limit), evenly.
void check_uniform(const Tensor& tensor, double limit) {
  const auto [low, high, mean] = range_of(tensor);
  CHECK(low >= -limit);
  CHECK(high < limit);
  CHECK(low < -0.97 * limit);
  CHECK(high > 0.97 * limit);
  CHECK(std::abs(mean) < 0.1 * limit);
}

TEST_CASE("initialize: uniform in the stated limits") {
  check_uniform(make(uniform(0.25), {40, 30}), 0.25);
  check_uniform(make(fan_in_uniform(), {30, 64}), 1 / 8.0);
  check_uniform(make(fan_in_uniform(), {625}), 1 / 25.0);
  check_uniform(make(fan_in_uniform_transposed(), {64, 30}), 1 / 8.0);
  check_uniform(make(glorot(), {100, 50}), std::sqrt(6 / 150.0));
}

TEST_CASE("initialize: constants and the identity") {
  const auto [low, high, mean] = range_of(make(constant(1.5), {3, 4}));
  CHECK(low == 1.5);
  CHECK(high == 1.5);
  CHECK(range_of(make(zeros(), {3})).high == 0);
  CHECK(make(identity(2), {2, 2}).to_doubles() == std::vector<double>{2, 0, 0, 2});
  CHECK(make(identity(), {2, 3}).to_doubles() == std::vector<double>{1, 0, 0, 0, 1, 0});
  CHECK(make(identity(), {3, 2}).to_doubles() == std::vector<double>{1, 0, 0, 1, 0, 0});
}

TEST_CASE("initialize: orthogonal rows, or columns where there are fewer") {
  for (const Shape& shape : {Shape{1, 1}, Shape{3, 3}, Shape{4, 9}, Shape{9, 4}, Shape{200, 200}}) {
    for (const double gain : {1.0, 0.5}) {
      const Tensor W = make(orthogonal(gain), shape);
      const bool wide = shape[0] <= shape[1];
      const Index count = std::min(shape[0], shape[1]);
      Tape tape(DType::f64);
      const Var w = tape.input(W);
      const Tensor unit = make(identity(gain * gain), {count, count});
      const Var product = wide ? matmul(w, w, {.b = true}) : matmul(w, w, {.a = true});
      CAPTURE(shape.to_string());
      CHECK(difference(product.value(), unit) < 1e-14);
    }
  }
  CHECK(make(orthogonal(), {5, 5}, 1).to_doubles() != make(orthogonal(), {5, 5}, 2).to_doubles());
  CHECK(make(orthogonal(), {0, 3}).size() == 0);
}

TEST_CASE("initialize: normal, of the standard deviation asked for") {
  const Tensor W = make(normal(0.5), {100, 100});
  double squares = 0;
  for (const double value : W.values<double>()) squares += value * value;
  CHECK(std::abs(range_of(W).mean) < 0.02);
  CHECK(std::abs(std::sqrt(squares / 10000) - 0.5) < 0.02);
}

TEST_CASE("initialize: initialisers of matrices refuse other ranks") {
  CHECK_THROWS_WITH_AS((void)make(glorot(), {3}), "glorot: (3) is not a matrix", ShapeError);
  CHECK_THROWS_WITH_AS((void)make(orthogonal(), {3, 1, 2}),
                       "orthogonal: (3 x 1 x 2) is not a matrix", ShapeError);
  CHECK_THROWS_WITH_AS((void)make(identity(), {}), "identity: () is not a matrix", ShapeError);
}

TEST_CASE("initialize: parameters without elements are accepted") {
  for (const Initializer& initialize :
       {uniform(1), fan_in_uniform(), fan_in_uniform_transposed(), glorot(), zeros(), identity()}) {
    CHECK(make(initialize, {0, 0}).size() == 0);
  }
}

TEST_CASE("initialize: the forget bias is on f and nowhere else") {
  const auto biases = [](const CellOptions& options) {
    const Parameters p(DType::f64);
    const Lstm cell(p, 3, 2, options);
    std::vector<double> result;
    for (const Gate* gate : {&cell.i, &cell.f, &cell.o, &cell.g}) {
      const auto [low, high, mean] = range_of(Tensor(gate->b.value()));
      CHECK(low == high);
      result.push_back(low);
    }
    return result;
  };
  CHECK(biases({}) == std::vector<double>{0, 1, 0, 0});
  CHECK(biases({.forget_bias = 0}) == std::vector<double>{0, 0, 0, 0});
  CHECK(biases({.b = constant(0.5), .forget_bias = 2}) == std::vector<double>{0.5, 2.5, 0.5, 0.5});
}

TEST_CASE("initialize: cells spread their weights by the fan-in") {
  const Parameters p(DType::f64, 1);
  const Gru dense(p / "dense", 25, 100);
  check_uniform(Tensor(dense.z.W.value()), 1 / 5.0);
  check_uniform(Tensor(dense.z.U.value()), 1 / 10.0);
  CHECK(range_of(Tensor(dense.z.b.value())).high == 0);
  CHECK(range_of(Tensor(dense.c.value())).high == 0);
  const Gru ids(p / "ids", Input::one_hot(400), 100);
  CHECK(ids.n.W.shape() == Shape{400, 100});
  check_uniform(Tensor(ids.n.W.value()), 1 / 20.0);
  const Linear linear(p / "linear", 400, 100);
  CHECK(linear.W.shape() == Shape{100, 400});
  check_uniform(Tensor(linear.W.value()), 1 / 20.0);
  CHECK(range_of(Tensor(linear.b.value())).high == 0);
  const Embedding embedding(p / "embedding", 400, 30);
  check_uniform(Tensor(embedding.W.value()), 0.1);
  // No two gates begin alike.
  CHECK(dense.z.W.value().to_doubles() != dense.r.W.value().to_doubles());
}

TEST_CASE("initialize: the options reach the parameters they name") {
  const Parameters p(DType::f64, 1);
  const Rnn cell(p, 4, 3, {.W = constant(2), .U = identity(0.5), .b = constant(-1)});
  CHECK(range_of(Tensor(cell.gate.W.value())).low == 2);
  CHECK(difference(cell.gate.U.value(), make(identity(0.5), {3, 3})) == 0);
  CHECK(range_of(Tensor(cell.gate.b.value())).high == -1);
}

TEST_CASE("initialize: the same seed and name give the same values, whatever else is created") {
  const Parameters alone(DType::f64, 5);
  const Parameters among(DType::f64, 5);
  const Parameters other(DType::f64, 6);
  const Linear a(alone / "head", 4, 3);
  const Lstm before(among / "lstm", 4, 3);
  const Linear b(among / "head", 4, 3);
  const Linear c(other / "head", 4, 3);
  CHECK(same_bits(a.W.value(), b.W.value()));
  CHECK_FALSE(same_bits(a.W.value(), c.W.value()));
}

TEST_CASE("initialize: Affine, Product and Embedding compute their equations") {
  const Parameters p(DType::f64, 5);
  const Linear affine(p / "affine", 3, 2, true, uniform(1));
  const Linear product(p / "product", 3, 2, false);
  const Embedding words(p / "words", 5, 3);
  affine.b.set(random_tensor({2}, 1));
  Tape tape(DType::f64);
  const Var x = tape.input(random_tensor({4, 2, 3}, 1));
  const Var flat = reshape(x, {8, 3});
  const auto W = [&](const Linear& layer) { return tape.parameter(layer.W); };
  CHECK(difference(reshape(affine(x), {8, 2}).value(),
                   (matmul(flat, W(affine), {.b = true}) + affine.b).value()) < 1e-15);
  CHECK(difference(reshape(product(x), {8, 2}).value(),
                   matmul(flat, W(product), {.b = true}).value()) < 1e-15);
  CHECK(same_bits(words(tape.input(ids_of({}, {3}))).value(),
                  select(tape.parameter(words.W), 3).value()));
  const auto f = [&](Tape& t) { return affine(words(t.input(ids_of({3}, {1, 4, 1})))); };
  tape.clear();
  CHECK(check_gradients(f, p).passed);
}

TEST_CASE("a layer with the weights of an embedding: both gradients, added up") {
  for (const bool bias : {true, false}) {
    const Parameters p(DType::f64, 3);
    const Embedding words(p / "words", 7, 4, uniform(1));
    const Linear tied(words.W, p / "output", bias);
    CHECK(tied.W == words.W);
    CHECK(p.size() == 7 * 4 + (bias ? 7 : 0));
    const Tensor ids = ids_of({3, 2}, {2, 0, 2, 5, 1, 2});  // rows 3, 4, 6 are only written
    const auto loss = [&](Tape& tape) {
      const Var read = words(tape.input(ids));
      return weighted_sum(tanh(tied(tanh(read))), 4);
    };
    const auto check = check_gradients(loss, p);
    CHECK_MESSAGE(check.passed, check.message);
    Tape tape(DType::f64);
    CHECK_FALSE(tape.gradients(loss(tape), p).is_row_sparse(words.W));
  }
}

}  // namespace
}  // namespace unroll::testing
