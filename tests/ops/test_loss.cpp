// Softmax and cross entropy: against the formula in long double, and where the formula overflows.
#include "support.h"

namespace unroll::testing {
namespace {

using Numbers = std::vector<double>;
using Wide = long double;

/// log(sum(exp(x))) of a row, by the formula.
Wide log_sum(const Tensor& x, Index row, Index width) {
  Wide sum = 0;
  for (Index j = 0; j < width; ++j) sum += std::exp(static_cast<Wide>(x.at(row * width + j)));
  return std::log(sum);
}

TEST_CASE("loss: softmax, log_softmax and cross_entropy are their formulas, at any width") {
  for (const Index width : {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 100}) {
    const Tensor x = random_tensor({3, width}, 1, -8, 8);
    const Tensor targets = random_ids({3}, 2, width);
    const auto check = [&](DType dtype, double bound) {
      Tape tape(dtype);
      const Tensor rounded = x.to(dtype);
      const Var v = tape.input(rounded);
      const TensorView p = softmax(v).value();
      const TensorView log_p = log_softmax(v).value();
      const TensorView loss = cross_entropy(v, tape.input(targets)).value();
      double worst = 0;
      for (Index row = 0; row < 3; ++row) {
        const Wide normaliser = log_sum(rounded, row, width);
        for (Index j = 0; j < width; ++j) {
          const Wide wanted = static_cast<Wide>(rounded.at(row * width + j)) - normaliser;
          const auto log_error = static_cast<double>(log_p.at(row * width + j) - wanted);
          const auto error = static_cast<double>(p.at(row * width + j) / std::exp(wanted) - 1);
          worst = std::max({worst, std::abs(log_error), std::abs(error)});
          if (targets.at(row) == static_cast<double>(j)) {
            worst = std::max(worst, std::abs(static_cast<double>(loss.at(row) + wanted)));
          }
        }
      }
      INFO(width, ": ", worst);
      CHECK(worst < bound);
    };
    check(DType::f64, 1e-14);
    check(DType::f32, 4e-6);
  }
}

TEST_CASE("loss: logits of ±10,000 neither overflow nor lose the loss") {
  for (const DType dtype : {DType::f32, DType::f64}) {
    Tape tape(dtype);
    const Var x =
        tape.input(Tensor::of<double>({3, 3}, {1e4, -1e4, 0, -1e4, -1e4, -1e4, 1e4, 1e4, 0}));
    CHECK(difference(softmax(x).value().to_doubles(),
                     {1, 0, 0, 1 / 3.0, 1 / 3.0, 1 / 3.0, 0.5, 0.5, 0}) < 1e-7);
    const Var targets = tape.input(ids_of({3}, {1, 2, 0}));
    CHECK(difference(cross_entropy(x, targets).value().to_doubles(),
                     {2e4, std::log(3.0), std::log(2.0)}) < 1e-7);
    const std::vector<Var> wrt{x};
    const Var dx = tape.gradients(cross_entropy(x, targets), wrt)[0];
    CHECK(difference(dx.value().to_doubles(),
                     {1, -1, 0, 1 / 3.0, 1 / 3.0, -2 / 3.0, -0.5, 0.5, 0}) < 1e-7);
  }
}

TEST_CASE("loss: the largest logit is found wherever it stands") {
  for (const DType dtype : {DType::f32, DType::f64}) {
    for (const std::int32_t width : {1, 4, 8, 21}) {
      for (std::int32_t at = 0; at < width; ++at) {
        Tensor logits(DType::f64, {1, width});
        logits.values<double>()[static_cast<std::size_t>(at)] = 1e4;
        Tape tape(dtype);
        const Var x = tape.input(logits);
        CHECK(softmax(x).value().at(at) == 1);
        CHECK(cross_entropy(x, tape.input(ids_of({1}, {at}))).item() == 0);
      }
    }
  }
}

TEST_CASE("loss: a logit of -infinity is a class that cannot be") {
  for (const DType dtype : {DType::f32, DType::f64}) {
    Tape tape(dtype);
    Tensor logits = random_tensor({1, 21}, 3);
    for (const std::size_t j : {2U, 3U, 20U}) logits.values<double>()[j] = -INFINITY;
    const Var x = tape.input(logits);
    const Numbers p = softmax(x).value().to_doubles();
    CHECK(p[2] == 0);
    CHECK(p[20] == 0);
    CHECK(std::abs(sum(softmax(x)).item() - 1) < 1e-6);
    CHECK(log_softmax(x).value().at(3) == -INFINITY);
    CHECK(cross_entropy(x, tape.input(ids_of({1}, {3}))).item() == INFINITY);
    const Var targets = tape.input(ids_of({1}, {0}));
    CHECK(std::isfinite(cross_entropy(x, targets).item()));
    const std::vector<Var> wrt{x};
    CHECK(tape.gradients(cross_entropy(x, targets), wrt)[0].value().at(2) == 0);
  }
}

TEST_CASE("loss: NaN in a row makes that row NaN, wherever it stands") {
  for (const DType dtype : {DType::f32, DType::f64}) {
    for (std::size_t at = 0; at < 21; ++at) {
      Tensor logits = random_tensor({2, 21}, 3);
      logits.values<double>()[at] = NAN;
      logits.values<double>()[(at + 5) % 21] = 1e4;  // a larger one, before or behind
      Tape tape(dtype);
      const Var x = tape.input(logits);
      const TensorView loss = cross_entropy(x, tape.input(ids_of({2}, {0, 0}))).value();
      CHECK(std::isnan(loss.at(0)));
      CHECK(std::isfinite(loss.at(1)));
      const Numbers p = softmax(x).value().to_doubles();
      CHECK(std::all_of(p.begin(), p.begin() + 21, [](double v) { return std::isnan(v); }));
      CHECK(std::all_of(p.begin() + 21, p.end(), [](double v) { return std::isfinite(v); }));
    }
  }
}

TEST_CASE("loss: one class is certain") {
  Tape tape(DType::f64);
  const std::vector<Var> x{tape.input(Tensor::of<double>({2, 1}, {-1e4, 3}))};
  const Var targets = tape.input(ids_of({2}, {0, 0}));
  CHECK(softmax(x[0]).value().to_doubles() == Numbers{1, 1});
  CHECK(cross_entropy(x[0], targets).value().to_doubles() == Numbers{0, 0});
  const Var dx = tape.gradients(cross_entropy(x[0], targets), x)[0];
  CHECK(dx.value().to_doubles() == Numbers{0, 0});
}

TEST_CASE("loss: ignored rows count nothing, whatever their logits") {
  Tape tape(DType::f64);
  Tensor logits = random_tensor({4, 3}, 4);
  for (const std::size_t i : {3U, 4U, 5U}) logits.values<double>()[i] = NAN;  // of an ignored row
  const std::vector<Var> x{tape.input(logits)};
  const Var targets = tape.input(ids_of({4}, {0, -100, 2, 1}));
  const Numbers each = cross_entropy(x[0], targets, -100).value().to_doubles();
  CHECK(each[1] == 0);
  const double total = each[0] + each[2] + each[3];
  CHECK(std::abs(softmax_cross_entropy(x[0], targets, Reduction::sum, -100).item() - total) <
        1e-15);
  const Var mean_loss = softmax_cross_entropy(x[0], targets, Reduction::mean, -100);
  CHECK(std::abs(mean_loss.item() - total / 3) < 1e-15);
  const Numbers dx = tape.gradients(mean_loss, x)[0].value().to_doubles();
  CHECK(Numbers(dx.begin() + 3, dx.begin() + 6) == Numbers{0, 0, 0});
  CHECK(std::abs(dx[0] + dx[1] + dx[2]) < 1e-15);
  CHECK(dx[0] < 0);
}

TEST_CASE("loss: the ignored target may be the number of a real class") {
  Tape tape(DType::f64);
  const Var x = tape.input(random_tensor({3, 4}, 4));
  const Var targets = tape.input(ids_of({3}, {0, 2, 0}));
  const Numbers each = cross_entropy(x, targets, 0).value().to_doubles();
  CHECK(each[0] == 0);
  CHECK(each[1] > 0);
  CHECK(std::abs(softmax_cross_entropy(x, targets, Reduction::mean, 0).item() - each[1]) < 1e-15);
}

TEST_CASE("loss: where all rows are ignored the sum is 0 and the mean NaN") {
  Tape tape(DType::f64);
  const Var x = tape.input(random_tensor({2, 3}, 4));
  const Var targets = tape.input(ids_of({2}, {-1, -1}));
  CHECK(softmax_cross_entropy(x, targets, Reduction::sum, -1).item() == 0);
  CHECK(std::isnan(softmax_cross_entropy(x, targets, Reduction::mean, -1).item()));
}

TEST_CASE("loss: the gradient of a mean is one pass over the logits") {
  // No softmax is stored: what a row needs is computed where it is used.
  Tape tape;
  const std::vector<Var> x{tape.input(random_tensor({4, 6}, 1))};
  const Var loss = softmax_cross_entropy(x[0], tape.input(random_ids({4}, 2, 6)));
  const Var dx = tape.gradients(loss, x)[0];
  CHECK(tape.graph().nodes[dx.index()].op->name == "cross_entropy_gradient");
  for (const Node& node : tape.graph().nodes) CHECK(node.op->name != "softmax");
}

}  // namespace
}  // namespace unroll::testing
