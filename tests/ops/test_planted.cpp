// A gradient wrong by 0.1 % has to be found: what the checker lets pass means nothing otherwise.
#include <unroll/core/op.h>

#include "support.h"

namespace unroll::testing {
namespace {

/// tanh with a gradient multiplied by 1 + error: of every element, or of one.
struct Error1 {
  double factor;
  Index element;  // -1: every one
};

Var slope(Var y, double error);

/// What the planted operations share: one input, whose shape the result has.
template <class T, class F>
void map(const KernelCall& k, F f) {
  std::transform(k.in<T>(0), k.in<T>(0) + k.shape().size(), k.out<T>(), f);
}
struct Planted {
  static Shape shape(const Signature& s) { return s.shape(0); }
  static std::vector<Sample> samples() { return {}; }
  static std::vector<BadInput> bad_inputs() { return {}; }
};

/// First order: the gradient is wrong.
struct WrongTanh : Planted {
  static constexpr OpInfo info{.name = "wrong_tanh", .formula = "y = tanh(x)"};
  template <class T>
  static void forward(const KernelCall& k) {
    map<T>(k, [](T x) { return std::tanh(x); });
  }
  static void gradient(Backward& b) {
    const auto [factor, element] = b.attributes<Error1>();
    Tensor factors(DType::f64, b.y().shape());
    for (Index i = 0; i < factors.size(); ++i) {
      factors.values<double>()[static_cast<std::size_t>(i)] =
          element < 0 || element == i ? factor : 1;
    }
    b.add(0, b.dy() * (1 - b.y() * b.y()) * b.tape().input(factors));
  }
};

/// Second order: the gradient of tanh is right, and the gradient of that is wrong.
struct TwiceTanh : Planted {
  static constexpr OpInfo info{.name = "twice_tanh", .formula = "y = tanh(x)"};
  template <class T>
  static void forward(const KernelCall& k) {
    map<T>(k, [](T x) { return std::tanh(x); });
  }
  static void gradient(Backward& b) {
    b.add(0, b.dy() * slope(b.y(), b.attributes<Error1>().factor));
  }
};
struct Slope : Planted {
  static constexpr OpInfo info{.name = "slope", .formula = "y = 1 - x x"};
  template <class T>
  static void forward(const KernelCall& k) {
    map<T>(k, [](T x) { return 1 - x * x; });
  }
  static void gradient(Backward& b) {
    b.add(0, b.dy() * b.in(0) * (-2 * b.attributes<Error1>().factor));
  }
};

using Family = OpFamily<WrongTanh, TwiceTanh, Slope>;

template <class D>
Var record(Var x, double factor, Index element = -1) {
  return x.tape().record(Family::op<D>(), {&x, 1}, Attributes(Error1{factor, element}));
}
Var slope(Var y, double factor) { return record<Slope>(y, factor); }

const std::vector<Tensor>& one_matrix() {
  static const std::vector<Tensor> inputs{random_tensor({3, 5}, 1, -1, 1)};
  return inputs;
}

GradientCheck first_order(double factor, Index element = -1) {
  return check_gradients(
      [=](Tape&, std::span<const Var> v) { return record<WrongTanh>(v[0], factor, element); },
      one_matrix());
}

GradientCheck second_order(double factor) {
  return check_gradients(
      [=](Tape& tape, std::span<const Var> v) {
        return tape.gradients(weighted_sum(record<TwiceTanh>(v[0], factor), 3), v)[0];
      },
      one_matrix());
}

TEST_CASE("planted: the operations pass while they are right") {
  CHECK(first_order(1).passed);
  CHECK(second_order(1).passed);
}

TEST_CASE("planted: a gradient wrong by 0.1 % fails") {
  for (const double factor : {1.001, 0.999}) {
    CHECK_FALSE(first_order(factor).passed);
    CHECK(first_order(factor).worst_error > 100);  // times what is allowed
  }
}

TEST_CASE("planted: a second derivative wrong by 0.1 % fails, and only there") {
  CHECK_FALSE(second_order(1.001).passed);
  const GradientCheck first = check_gradients(
      [](Tape&, std::span<const Var> v) { return record<TwiceTanh>(v[0], 1.001); }, one_matrix());
  CHECK(first.passed);
}

TEST_CASE("planted: the report names the worst element") {
  for (const Index wrong : {0, 7, 14}) {
    const GradientCheck check = first_order(1.001, wrong);
    CHECK_FALSE(check.passed);
    CHECK(check.input == 0);
    CHECK(check.element == wrong);
    CHECK(std::abs(check.analytic / check.numeric - 1.001) < 1e-6);
    CHECK(check.message ==
          fmt::format("input 0 (3 x 5), element {}: gradient {:.10g} but finite difference {:.10g} "
                      "with step 1e-06 (if they agree in some digits, try others: rounding is in "
                      "proportion to 1 / step, curvature to step squared)",
                      wrong, check.analytic, check.numeric));
  }
}

TEST_CASE("planted: an error in the gradient of the second input is found too") {
  const GradientCheck check = check_gradients(
      [](Tape&, std::span<const Var> v) { return v[0] * record<WrongTanh>(v[1], 1.001, 2); },
      {random_tensor({2, 2}, 2, 1, 2), random_tensor({2, 2}, 3, -1, 1)});
  CHECK_FALSE(check.passed);
  CHECK(check.input == 1);
  CHECK(check.element == 2);
  CHECK(check.message.starts_with("input 1 (2 x 2), element 2: gradient "));
}

}  // namespace
}  // namespace unroll::testing
