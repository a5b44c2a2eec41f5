// The functions computed with SIMD against the C library in long double, over all magnitudes.
#include "support.h"

#include <bit>
#include <type_traits>

namespace unroll::testing {
namespace {

using Wide = long double;  // 64 bits of precision on x86: eleven more than f64
static_assert(std::numeric_limits<Wide>::digits >= 64);

/// |y - exact| in units of the last place that T has at `exact`; 0 where both are one NaN or
/// infinity, infinity where only one is.
template <class T>
double ulps(T y, Wide exact) {
  using Limits = std::numeric_limits<T>;
  const T rounded = static_cast<T>(exact);
  if (std::isnan(exact) || std::isnan(y)) return std::isnan(exact) && std::isnan(y) ? 0 : INFINITY;
  if (std::isinf(rounded) || std::isinf(y)) return y == rounded ? 0 : INFINITY;
  const int exponent = exact == 0 ? Limits::min_exponent : std::ilogb(exact) + 1;
  const Wide ulp =
      std::ldexp(Wide{1}, std::max(exponent, Limits::min_exponent) - Limits::digits);
  return static_cast<double>(std::abs(static_cast<Wide>(y) - exact) / ulp);
}

/// 200,000 arguments: every magnitude there is, the range where the functions bend, and the
/// neighbours of the places where one case ends and another begins.
template <class T>
std::vector<T> arguments() {
  using Limits = std::numeric_limits<T>;
  using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  std::vector<T> xs = {T{0}, Limits::denorm_min(), Limits::min(), Limits::max(),
                       Limits::infinity(), Limits::epsilon()};
  for (const double x : {0.346573590279973, 0.5, 0.693147180559945, 0.70710678, 1.0, 1.41421356,
                         9.010913, 17.32868, 18.714973875, 36.7368, 44.0, 87.33654, 88.02969,
                         88.72283, 88.722839, 103.27893, 103.97208, 104.0, 708.39642, 709.78271289,
                         709.782712893384, 745.13321910, 1000.0}) {
    T below = static_cast<T>(x);
    T above = below;
    for (int i = 0; i < 50; ++i) {
      xs.push_back(below);
      xs.push_back(above);
      below = std::nextafter(below, T{0});
      above = std::nextafter(above, Limits::infinity());
    }
  }
  Random random(5);
  const double range = sizeof(T) == 4 ? 110 : 760;
  for (int i = 0; i < 20'000; ++i) {
    xs.push_back(static_cast<T>(random.uniform(0, range)));
    xs.push_back(static_cast<T>(random.uniform(0, 20)));
    xs.push_back(static_cast<T>(random.uniform(0, 2)));
    const std::uint64_t bits = (std::uint64_t{random.bits()} << 32) | random.bits();
    const T any = std::bit_cast<T>(static_cast<Bits>(bits & (~std::uint64_t{0} >> 1)));
    xs.push_back(std::isnan(any) ? T{1} : std::abs(any));
    xs.push_back(static_cast<T>(std::exp(random.uniform(-20, 10))));
  }
  const std::size_t positive = xs.size();
  for (std::size_t i = 0; i < positive; ++i) xs.push_back(-xs[i]);
  return xs;
}

/// What a function gets wrong at most, over all arguments.
struct Accuracy {
  double ulps = 0;
  double relative = 0;  // where the exact value is a normal number
  double worst = 0;     // the argument of the most ulps
};

template <class T>
Accuracy measure(Var (*f)(Var), Wide (*exact)(Wide)) {
  const std::vector<T> xs = arguments<T>();
  Tape tape(dtype_of<T>());
  const TensorView y =
      f(tape.input(Tensor::of<T>({static_cast<Index>(xs.size())}, xs))).value();
  Accuracy accuracy;
  for (std::size_t i = 0; i < xs.size(); ++i) {
    const Wide wanted = exact(xs[i]);
    const T found = y.values<T>()[i];
    const double error = ulps(found, wanted);
    if (error > accuracy.ulps) accuracy = {error, accuracy.relative, static_cast<double>(xs[i])};
    if (std::isnormal(static_cast<T>(wanted))) {
      accuracy.relative = std::max(
          accuracy.relative, static_cast<double>(std::abs((static_cast<Wide>(found) - wanted) / wanted)));
    }
  }
  return accuracy;
}

struct Function {
  const char* name;
  Var (*f)(Var);
  Wide (*exact)(Wide);
  double f32;  // the bounds, in ulps, a little above what was measured
  double f64;
};

const Function kFunctions[] = {
    {"exp", exp, std::exp, 4, 4},
    {"log", log, [](Wide x) { return x < 0 ? Wide{NAN} : std::log(x); }, 4, 4},
    {"tanh", tanh, std::tanh, 4, 4},
    {"sigmoid", sigmoid, [](Wide x) { return 1 / (1 + std::exp(-x)); }, 4, 4},
    {"softplus", softplus,
     [](Wide x) { return std::max(x, Wide{0}) + std::log1p(std::exp(-std::abs(x))); }, 4, 4},
    {"log_sigmoid", log_sigmoid,
     [](Wide x) { return -std::max(-x, Wide{0}) - std::log1p(std::exp(-std::abs(x))); }, 4, 4},
    {"sqrt", sqrt, [](Wide x) { return x < 0 ? Wide{NAN} : std::sqrt(x); }, 0.5001, 0.5001},
    {"reciprocal", reciprocal, [](Wide x) { return 1 / x; }, 0.5001, 0.5001},
};

TEST_CASE("accuracy: f32 and f64 functions, in units of the last place") {
  for (const Function& function : kFunctions) {
    const Accuracy f32 = measure<float>(function.f, function.exact);
    const Accuracy f64 = measure<double>(function.f, function.exact);
    INFO(function.name, ": f32 ", f32.ulps, " ulp at ", f32.worst, ", f64 ", f64.ulps, " ulp at ", f64.worst);
    fmt::print("{:12} f32 {:.3g} ulp at {:.9g}, rel {:.3g} eps;  f64 {:.3g} ulp at {:.17g} rel {:.3g}eps\n", function.name, f32.ulps, f32.worst, f32.relative*0x1p23, f64.ulps, f64.worst, f64.relative*0x1p52);
    CHECK(f32.ulps <= function.f32);
    CHECK(f64.ulps <= function.f64);
  }
}

}  // namespace
}  // namespace unroll::testing
