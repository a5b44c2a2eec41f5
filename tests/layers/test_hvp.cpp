// Second derivatives through time: a Hessian times a vector is the gradient of (gradient · vector).
#include "layers/cells.h"

namespace unroll::testing {
namespace {

constexpr Index kSteps = 4;
constexpr Index kBatch = 2;
constexpr Index kClasses = 5;

/// An LSTM that predicts classes: its parameters and its loss.
struct Model {
  Parameters p{DType::f64, 21};
  Lstm lstm{p / "lstm", 3, 2, random_options()};
  Linear head{p / "head", 2, kClasses};

  [[nodiscard]] Var loss(Tape& tape) const {
    const Var x = tape.input(random_input(3, kSteps, kBatch));
    const Var targets = tape.input(random_ids({kSteps, kBatch}, 4, kClasses));
    const auto unrolled = unroll_over(lstm, x, zero_state(lstm, tape, kBatch));
    return softmax_cross_entropy(head(unrolled.outputs), targets);
  }

  /// One vector for each parameter.
  [[nodiscard]] std::vector<Tensor> direction(std::uint64_t seed) const {
    std::vector<Tensor> vectors;
    for (const Parameter& one : p.all()) vectors.push_back(random_tensor(one.shape(), seed++));
    return vectors;
  }

  /// The Hessian times a direction, all parameters one after the other.
  [[nodiscard]] std::vector<double> hessian_times(const std::vector<Tensor>& direction) const {
    Tape tape(DType::f64);
    std::vector<Var> wrt;
    for (const Parameter& one : p.all()) wrt.push_back(tape.parameter(one));
    const std::vector<Var> first = tape.gradients(loss(tape), wrt);
    Var along = full(tape, {}, 0);
    for (std::size_t i = 0; i < first.size(); ++i) {
      along = along + sum(first[i] * tape.input(direction[i]));
    }
    return flatten(tape.gradients(along, p), p);
  }

  [[nodiscard]] std::vector<double> gradient_at(const std::vector<Tensor>& direction,
                                                double distance) const {
    std::vector<Tensor> before;
    const std::vector<Parameter> all = p.all();
    for (std::size_t i = 0; i < all.size(); ++i) {
      before.emplace_back(all[i].value());
      Tensor moved = before.back();
      for (std::size_t j = 0; j < moved.values<double>().size(); ++j) {
        moved.values<double>()[j] += distance * direction[i].values<double>()[j];
      }
      all[i].set(moved);
    }
    Tape tape(DType::f64);
    const std::vector<double> result = flatten(tape.gradients(loss(tape), p), p);
    tape.clear();
    for (std::size_t i = 0; i < all.size(); ++i) all[i].set(before[i]);
    return result;
  }
};

double dot(const std::vector<double>& a, const std::vector<Tensor>& b) {
  double sum = 0;
  std::size_t i = 0;
  for (const Tensor& tensor : b) {
    for (const double value : tensor.values<double>()) sum += a[i++] * value;
  }
  return sum;
}

TEST_CASE("hvp: an LSTM's Hessian-vector product is the difference of two gradients") {
  const Model model;
  for (const std::uint64_t seed : {100U, 200U}) {
    const std::vector<Tensor> direction = model.direction(seed);
    const std::vector<double> found = model.hessian_times(direction);
    constexpr double kStep = 1e-5;
    const std::vector<double> above = model.gradient_at(direction, kStep);
    const std::vector<double> below = model.gradient_at(direction, -kStep);
    std::vector<double> wanted(found.size());
    double size = 0;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      wanted[i] = (above[i] - below[i]) / (2 * kStep);
      size = std::max(size, std::abs(wanted[i]));
    }
    CHECK(size > 0.01);
    CHECK(difference(found, wanted) < 1e-8);
  }
}

TEST_CASE("hvp: the Hessian is symmetric") {
  const Model model;
  const std::vector<Tensor> u = model.direction(100);
  const std::vector<Tensor> v = model.direction(200);
  const double uHv = dot(model.hessian_times(v), u);
  const double vHu = dot(model.hessian_times(u), v);
  CHECK(std::abs(uHv) > 0.01);
  CHECK(std::abs(uHv / vHu - 1) < 1e-12);
}

}  // namespace
}  // namespace unroll::testing
