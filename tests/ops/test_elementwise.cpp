// How element-wise operations walk over their inputs: tails, broadcasting, operands.
#include "support.h"

#include <hwy/targets.h>

#include <functional>

namespace unroll::testing {
namespace {

TEST_CASE("elementwise: the last elements, fewer than a vector, are computed like the others") {
  constexpr std::size_t kLong = 64;
  for (const Op* op : all_ops()) {
    if (op->kind != OpKind::elementwise) continue;
    CAPTURE(op->name);
    const auto check = [&]<class T>(T) {
      const Sweep sweep = op->sweep[static_cast<std::size_t>(dtype_of<T>())];
      std::vector<std::vector<T>> inputs(3, std::vector<T>(kLong));
      Random random(1);
      for (auto& input : inputs) {
        for (T& x : input) x = static_cast<T>(random.uniform(-3, 3));
      }
      struct Factors {
        double scale = 1.5;
        double shift = -0.25;
      };
      const Attributes attributes{Factors{}};  // of affine
      const auto run = [&](std::size_t begin, std::size_t n, std::vector<T>& out) {
        sweep({.inputs = {&inputs[0][begin], &inputs[1][begin], &inputs[2][begin]},
               .output = out.data(),
               .columns = static_cast<Index>(n)},
              attributes);
      };
      std::vector<T> whole(kLong);
      run(0, kLong, whole);
      for (std::size_t n = 0; n <= 35; ++n) {
        for (const std::size_t begin : {std::size_t{0}, std::size_t{3}}) {
          std::vector<T> part(n + 1, T{99});
          run(begin, n, part);
          CHECK(std::memcmp(part.data(), whole.data() + begin, n * sizeof(T)) == 0);
          CHECK(part[n] == 99);  // nothing is written behind the end
        }
      }
    };
    check(float{});
    check(double{});
  }
}

/// Element `position` of the wide shape, read from a tensor that broadcasts to it.
double broadcast_at(const Tensor& tensor, const Shape& wide, Index position) {
  Index offset = 0;
  Index stride = 1;
  const int missing = wide.rank() - tensor.shape().rank();
  for (int axis = wide.rank() - 1; axis >= 0; --axis) {
    const Index i = position % wide[axis];
    position /= wide[axis];
    if (axis < missing) continue;
    const Index dim = tensor.shape()[axis - missing];
    offset += (dim == 1 ? 0 : i) * stride;
    stride *= dim;
  }
  return tensor.at(offset);
}

/// A shape that broadcasts to `wide`: some dimensions are 1, some leading ones missing.
Shape narrowed(const Shape& wide, Random& random) {
  std::vector<Index> dims;
  for (int axis = static_cast<int>(random.below(wide.rank() + 1)); axis < wide.rank(); ++axis) {
    dims.push_back(random.below(3) == 0 ? 1 : wide[axis]);
  }
  return Shape(std::span<const Index>(dims));
}

TEST_CASE("elementwise: broadcasting is what a naive loop does") {
  Random random(2);
  for (int round = 0; round < 1000; ++round) {
    std::vector<Index> dims(static_cast<std::size_t>(random.below(5)));
    for (Index& dim : dims) dim = random.below(6) == 0 ? 0 : 1 + random.below(7);
    if (!dims.empty() && round % 10 == 0) dims.back() = 1000 + random.below(1500);  // many tiles
    const Shape wide{std::span<const Index>(dims)};
    const std::vector<Tensor> x = make_tensors(
        {{narrowed(wide, random), 0.5, 2}, {narrowed(wide, random)}, {narrowed(wide, random)}},
        static_cast<std::uint64_t>(round));
    Tape tape(DType::f64);
    const std::vector<Var> v = put(tape, x);

    const TensorView two = (v[0] - v[1]).value();
    const TensorView three = where(greater(v[1], 0), v[0], v[2]).value();
    const TensorView swapped = (v[1] / v[0]).value();
    REQUIRE(two.shape == *broadcast(x[0].shape(), x[1].shape()));
    REQUIRE(three.shape == *broadcast(two.shape, x[2].shape()));
    bool same = true;
    for (Index i = 0; i < two.size(); ++i) {
      const double a = broadcast_at(x[0], two.shape, i);
      const double b = broadcast_at(x[1], two.shape, i);
      same = same && two.at(i) == a - b && swapped.at(i) == b / a;
    }
    for (Index i = 0; i < three.size(); ++i) {
      const bool first = broadcast_at(x[1], three.shape, i) > 0;
      same = same && three.at(i) == broadcast_at(x[first ? 0 : 2], three.shape, i);
    }
    INFO(x[0].shape().to_string(), x[1].shape().to_string(), x[2].shape().to_string());
    CHECK(same);
  }
}

/// a b + c, rounded once where the processor can.
double multiply_add(double a, double b, double c) {
#if HWY_ARCH_X86
  constexpr auto kAvx2OrBetter = 2 * HWY_AVX2 - 1;  // the better the target the lower its bit
  const bool rounds_once = (hwy::SupportedTargets() & kAvx2OrBetter) != 0;
  return rounds_once ? std::fma(a, b, c) : a * b + c;
#else
  return std::fma(a, b, c);
#endif
}

TEST_CASE("elementwise: operations are std::'s") {
  Tape tape(DType::f64);
  const Tensor a = random_tensor({37}, 1);
  const Tensor b = random_tensor({37}, 2);
  const Var x = tape.input(a);
  const Var y = tape.input(b);
  const auto check = [&](Var result, const std::function<double(double, double)>& f) {
    for (Index i = 0; i < a.size(); ++i) CHECK(result.value().at(i) == f(a.at(i), b.at(i)));
  };
  check(x + y, std::plus<>());
  check(x - y, std::minus<>());
  check(x * y, std::multiplies<>());
  check(x / y, std::divides<>());
  check(maximum(x, y), [](double p, double q) { return std::max(p, q); });
  check(minimum(x, y), [](double p, double q) { return std::min(p, q); });
  check(greater(x, y), std::greater<>());
  check(equal(x, y), std::equal_to<>());
  check(-x, [](double p, double) { return -p; });
  check(square(x), [](double p, double) { return p * p; });
  check(relu(x), [](double p, double) { return std::max(p, 0.0); });
  check(affine(x, 3, -2), [](double p, double) { return multiply_add(p, 3, -2); });
  check(hard_sigmoid(x),
        [](double p, double) { return std::clamp(multiply_add(p, 0.2, 0.5), 0.0, 1.0); });
}

TEST_CASE("elementwise: a number may stand on either side") {
  Tape tape(DType::f64);
  const Var x = tape.input(Tensor::of<double>({2}, {1, 4}));
  using Numbers = std::vector<double>;
  CHECK((x + 2.0).value().to_doubles() == Numbers{3, 6});
  CHECK((2.0 + x).value().to_doubles() == Numbers{3, 6});
  CHECK((x - 2.0).value().to_doubles() == Numbers{-1, 2});
  CHECK((2.0 - x).value().to_doubles() == Numbers{1, -2});
  CHECK((x * 2.0).value().to_doubles() == Numbers{2, 8});
  CHECK((2.0 * x).value().to_doubles() == Numbers{2, 8});
  CHECK((x / 2.0).value().to_doubles() == Numbers{0.5, 2});
  CHECK((2.0 / x).value().to_doubles() == Numbers{2, 0.5});
  CHECK(maximum(x, 2.0).value().to_doubles() == Numbers{2, 4});
  CHECK(maximum(2.0, x).value().to_doubles() == Numbers{2, 4});
  CHECK(minimum(x, 2.0).value().to_doubles() == Numbers{1, 2});
  CHECK(greater(2.0, x).value().to_doubles() == Numbers{1, 0});
  CHECK(equal(x, 4.0).value().to_doubles() == Numbers{0, 1});
  CHECK(where(greater(x, 2.0), x, -1.0).value().to_doubles() == Numbers{-1, 4});
  CHECK((1 - x).value().to_doubles() == Numbers{0, -3});  // an int is a number, too
}

TEST_CASE("elementwise: a parameter may stand on either side") {
  const Parameters p(DType::f64);
  const Parameter w = p.add("w", {2}, constant(3));
  Tape tape(DType::f64);
  const Var x = tape.input(Tensor::of<double>({2}, {1, 4}));
  using Numbers = std::vector<double>;
  CHECK((x + w).value().to_doubles() == Numbers{4, 7});
  CHECK((w - x).value().to_doubles() == Numbers{2, -1});
  CHECK((x * w).value().to_doubles() == Numbers{3, 12});
  CHECK((w / x).value().to_doubles() == Numbers{3, 0.75});
  CHECK(maximum(w, x).value().to_doubles() == Numbers{3, 4});
  CHECK(where(greater(x, 2), w, x).value().to_doubles() == Numbers{1, 3});
  const Gradients gradients = tape.gradients(sum(x * w * w), p);
  CHECK(gradients[w].to_doubles() == Numbers{6, 24});
}

TEST_CASE("elementwise: numbers alone have no tape to record on") {
  const char* const text = "an operation on operands of which none is on a tape";
  CHECK_THROWS_WITH_AS((void)maximum(1.0, 2.0), text, HandleError);
  CHECK_THROWS_WITH_AS((void)where(1.0, 2.0, 3.0), text, HandleError);
}

TEST_CASE("elementwise: an expression of parameters is recorded where it meets a Var") {
  const Parameters p(DType::f64);
  const Parameter w = p.add("w", {2}, constant(3));
  const Parameter v = p.add("v", {2}, constant(0.5));
  const Parameter W = p.add("W", {2, 2}, constant(2));
  Tape tape(DType::f64);
  const Var x = tape.input(Tensor::of<double>({2}, {1, 4}));
  using Numbers = std::vector<double>;
  CHECK((x * (1 - v)).value().to_doubles() == Numbers{0.5, 2});
  CHECK((-w + x).value().to_doubles() == Numbers{-2, 1});
  CHECK((x + w * v).value().to_doubles() == Numbers{2.5, 5.5});
  CHECK((x * (w + v - 1.0 / v)).value().to_doubles() == Numbers{1.5, 6});
  CHECK((exp(log(w)) * x).value().at(1) == doctest::Approx(12));
  CHECK((x * pow(w, 2)).value().to_doubles() == Numbers{9, 36});
  CHECK((x * maximum(w, v)).value().to_doubles() == Numbers{3, 12});
  CHECK(where(x > 2 * v, abs(-w), x).value().to_doubles() == Numbers{1, 3});
  CHECK((x * (w > v)).value().to_doubles() == Numbers{1, 4});
  CHECK((x * (w <= 2)).value().to_doubles() == Numbers{0, 0});
  const Var row = reshape(x, {1, 2});
  CHECK(linear(row, W - transpose(W) + 1, -w).value().to_doubles() == Numbers{2, 2});
  CHECK(matmul(row, matmul(W, 0.5 * W)).value().to_doubles() == Numbers{20, 20});
  // The gradient goes through it to the parameters: d/dv of sum((1 - v) v x) = x (1 - 2 v).
  const Gradients gradients = tape.gradients(sum(x * ((1 - v) * v)), p);
  CHECK(gradients[v].to_doubles() == Numbers{0, 0});
  const Gradients more = tape.gradients(sum(x * square(w)), p);
  CHECK(more[w].to_doubles() == Numbers{6, 24});
}

TEST_CASE("elementwise: a Var can be changed in place of its handle") {
  Tape tape(DType::f64);
  const std::vector<Var> x{tape.input(Tensor::of<double>({2}, {1, 4}))};
  Var y = x[0];
  y += 1;
  y *= x[0];
  y -= 0.5;
  y /= 2;
  CHECK(y.value().to_doubles() == std::vector<double>{0.75, 9.75});
  CHECK(tape.gradients(y, x)[0].value().to_doubles() == std::vector<double>{1.5, 4.5});
}

TEST_CASE("elementwise: comparisons read as they are written") {
  Tape tape;
  const Var x = tape.input(Tensor::of<double>({4}, {1, 2, 3, NAN}));
  using Numbers = std::vector<double>;
  CHECK((x < 2).value().to_doubles() == Numbers{1, 0, 0, 0});
  CHECK((x <= 2).value().to_doubles() == Numbers{1, 1, 0, 0});
  CHECK((x > 2).value().to_doubles() == Numbers{0, 0, 1, 0});
  CHECK((2 <= x).value().to_doubles() == Numbers{0, 1, 1, 0});
  CHECK(not_equal(x, 2).value().to_doubles() == Numbers{1, 0, 1, 1});
  CHECK(logical_not(x > 1).value().to_doubles() == Numbers{1, 0, 0, 1});
  CHECK(masked_fill(x, x > 1, -1).value().at(2) == -1);
}

TEST_CASE("elementwise: bounds that cross are refused") {
  Tape tape;
  const Var x = tape.input(Tensor(DType::f32, {2}));
  CHECK_THROWS_WITH_AS((void)clamp(x, 2, 1), "clamp: the lower bound 2 is above the upper, 1",
                       ValueError);
}

TEST_CASE("elementwise: two tapes do not mix, and neither do types") {
  Tape a;
  Tape b;
  const Var x = a.input(Tensor(DType::f32, {2}));
  const Var y = b.input(Tensor(DType::f32, {2}));
  CHECK_THROWS_WITH_AS((void)(x + y), "Var #0 belongs to another tape", HandleError);
  const Var ids = a.input(ids_of({2}, {1, 2}));
  CHECK_THROWS_WITH_AS((void)(x * ids), "mul: input 1 is i32, expected floating-point values",
                       TypeError);
  CHECK_THROWS_WITH_AS((void)tanh(Var()), "a Var that was never recorded", HandleError);
}

TEST_CASE("elementwise: one Var as both inputs gets both gradients") {
  const auto check = [](Var (*f)(Var)) {
    return check_gradients([f](Tape&, std::span<const Var> v) { return f(v[0]); },
                           {random_tensor({3, 3}, 1, 0.5, 2)})
        .passed;
  };
  CHECK(check([](Var x) { return x * x; }));
  CHECK(check([](Var x) { return x + x; }));
  CHECK(check([](Var x) { return x - x * 2.0; }));
  CHECK(check([](Var x) { return x / (x * x); }));
  CHECK(check([](Var x) { return matmul(x, x); }));
  CHECK(check([](Var x) { return x * sum(x, 1, true) * sum(x); }));
}

TEST_CASE("elementwise: where two are equal the gradient goes to the second") {
  Tape tape(DType::f64);
  const std::vector<Var> v{tape.input(Tensor::of<double>({2}, {1, 1})),
                           tape.input(Tensor::of<double>({2}, {1, 2}))};
  using Numbers = std::vector<double>;
  const auto larger = tape.gradients(maximum(v[0], v[1]), v);
  CHECK(larger[0].value().to_doubles() == Numbers{0, 0});
  CHECK(larger[1].value().to_doubles() == Numbers{1, 1});
  const auto smaller = tape.gradients(minimum(v[0], v[1]), v);
  CHECK(smaller[0].value().to_doubles() == Numbers{0, 1});
  CHECK(smaller[1].value().to_doubles() == Numbers{1, 0});
}

TEST_CASE("elementwise: at its kink relu has gradient zero") {
  Tape tape(DType::f64);
  const std::vector<Var> x{tape.input(Tensor::of<double>({3}, {-1, 0, 1}))};
  CHECK(tape.gradients(relu(x[0]), x)[0].value().to_doubles() == std::vector<double>{0, 0, 1});
}

TEST_CASE("elementwise: dividing by a number is a division") {
  Tape tape(DType::f64);
  CHECK((full(tape, {}, 49) / 49.0).item() == 1);
  CHECK((49.0 / full(tape, {}, 49)).item() == 1);
}

TEST_CASE("elementwise: what a choice does not choose has gradient zero, however steep it is") {
  const auto slope = [](double at, const std::function<Var(Var)>& f) {
    Tape tape(DType::f64);
    const std::vector<Var> x{tape.input(Tensor::of<double>({1}, {at}))};
    return tape.gradients(sum(f(x[0])), x)[0].item();
  };
  CHECK(slope(-1, [](Var x) { return sqrt(relu(x)); }) == 0);
  CHECK(slope(-1, [](Var x) { return log(relu(x)); }) == 0);
  CHECK(slope(-1, [](Var x) { return sqrt(maximum(x, 0)); }) == 0);
  CHECK(slope(-1, [](Var x) { return sqrt(maximum(0, x)); }) == 0);
  CHECK(slope(1, [](Var x) { return sqrt(minimum(x, 0)); }) == 0);
  CHECK(slope(-5, [](Var x) { return sqrt(hard_sigmoid(x)); }) == 0);
  CHECK(slope(-1, [](Var x) { return sqrt(where(greater(x, 0), x, 0)); }) == 0);
  CHECK(slope(-1, [](Var x) {
          return sqrt(max(concat(std::array{x, full(x.tape(), {1}, 0)}, 0), 0));
        }) == 0);
}

}  // namespace
}  // namespace unroll::testing
