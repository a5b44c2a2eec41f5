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
  const Wide ulp = std::ldexp(Wide{1}, std::max(exponent, Limits::min_exponent) - Limits::digits);
  return static_cast<double>(std::abs(static_cast<Wide>(y) - exact) / ulp);
}

/// 200,000 arguments: every magnitude there is, the range where the functions bend, and the
/// neighbours of the places where one case ends and another begins.
template <class T>
std::vector<T> arguments() {
  using Limits = std::numeric_limits<T>;
  using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  std::vector<T> xs = {T{0},          Limits::denorm_min(), Limits::min(),
                       Limits::max(), Limits::infinity(),   Limits::epsilon()};
  for (const double x :
       {0.346573590279973, 0.5,          0.693147180559945, 0.70710678,   1.0,       1.41421356,
        9.010913,          10.0,         17.32868,          18.714973875, 36.7368,   87.33654,
        88.02969,          88.72283,     88.722839,         89.0,         103.97208, 104.0,
        708.39642,         709.78271289, 709.782712893384,  745.13321910, 1000.0}) {
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
  const TensorView y = f(tape.input(Tensor::of<T>({static_cast<Index>(xs.size())}, xs))).value();
  Accuracy accuracy;
  for (std::size_t i = 0; i < xs.size(); ++i) {
    const Wide wanted = exact(xs[i]);
    const T found = y.values<T>()[i];
    const double error = ulps(found, wanted);
    if (error > accuracy.ulps) accuracy = {error, accuracy.relative, static_cast<double>(xs[i])};
    if (std::isnormal(static_cast<T>(wanted))) {
      accuracy.relative =
          std::max(accuracy.relative,
                   static_cast<double>(std::abs((static_cast<Wide>(found) - wanted) / wanted)));
    }
  }
  return accuracy;
}

struct Function {
  const char* name;
  Var (*f)(Var);
  Wide (*exact)(Wide);
  double f32;  // bounds in ulps: what was measured (SSE4, AVX2 and AVX-512), rounded up
  double f64;
};

Wide exact_softplus(Wide x) { return std::max(x, Wide{0}) + std::log1p(std::exp(-std::abs(x))); }

const Function kFunctions[] = {
    {"exp", exp, std::exp, 1.05, 1},
    {"log", log, std::log, 0.9, 0.9},
    {"tanh", tanh, std::tanh, 2.5, 3},
    {"sigmoid", sigmoid, [](Wide x) { return 1 / (1 + std::exp(-x)); }, 2.2, 2.4},
    {"softplus", softplus, exact_softplus, 2.6, 2.7},
    {"log_sigmoid", log_sigmoid, [](Wide x) { return -exact_softplus(-x); }, 2.6, 2.7},
    {"expm1", expm1, std::expm1, 4, 4},
    {"log1p", log1p, std::log1p, 4, 4},
    {"sin", sin, std::sin, 4, 4},
    {"cos", cos, std::cos, 4, 4},
    {"erf", erf, std::erf, 4, 4},
    {"sqrt", sqrt, std::sqrt, 0.5001, 0.5001},
    {"reciprocal", reciprocal, [](Wide x) { return 1 / x; }, 0.5001, 0.5001},
};

TEST_CASE_TEMPLATE(
    "accuracy: errors stay within a few units of the last place, over all magnitudes", T, float,
    double) {
  for (const Function& function : kFunctions) {
    const Accuracy accuracy = measure<T>(function.f, function.exact);
    INFO(function.name, ", ", accuracy.ulps, " ulp at ", accuracy.worst);
    CHECK(accuracy.ulps <= (sizeof(T) == 4 ? function.f32 : function.f64));
    // Small results are as exact as large ones: nothing is lost to a cancellation.
    CHECK(accuracy.relative <= 2.2 * std::numeric_limits<T>::epsilon());
  }
}

/// f of a few numbers, in the type T.
template <class T>
std::vector<T> values(Var (*f)(Var), const std::vector<T>& xs) {
  Tape tape(dtype_of<T>());
  const TensorView y = f(tape.input(Tensor::of<T>({static_cast<Index>(xs.size())}, xs))).value();
  return {y.values<T>().begin(), y.values<T>().end()};
}

TEST_CASE_TEMPLATE("accuracy: zeros and infinities give the exact limits", T, float, double) {
  using Limits = std::numeric_limits<T>;
  using Numbers = std::vector<T>;
  const T inf = Limits::infinity();
  const T largest = Limits::max();
  const T smallest = Limits::denorm_min();
  const Numbers ends{-inf, -largest, -0.0, 0.0, largest, inf};

  CHECK(values<T>(exp, ends) == Numbers{0, 0, 1, 1, inf, inf});
  CHECK(values<T>(sigmoid, ends) == Numbers{0, 0, 0.5, 0.5, 1, 1});
  CHECK(values<T>(tanh, ends) == Numbers{-1, -1, 0, 0, 1, 1});
  CHECK(values<T>(softplus, {-inf, -largest, largest, inf}) == Numbers{0, 0, largest, inf});
  CHECK(values<T>(relu, ends) == Numbers{0, 0, 0, 0, largest, inf});
  CHECK(values<T>(hard_sigmoid, ends) == Numbers{0, 0, 0.5, 0.5, 1, 1});
  CHECK(values<T>(log, {-0.0, 0, 1, inf}) == Numbers{-inf, -inf, 0, inf});
  for (const T y : values<T>(log, {-inf, -largest, -1, -smallest})) CHECK(std::isnan(y));

  // The largest argument of exp with a finite result, and its neighbour.
  const T last = std::log(largest) > T(709) ? T(709.782712893384) : T(88.72283);
  CHECK(std::isfinite(values<T>(exp, {last})[0]));
  CHECK(values<T>(exp, {std::nextafter(last, inf)})[0] == inf);
  // Numbers below the smallest normal one are not flushed to zero.
  CHECK(values<T>(tanh, {smallest, -smallest}) == Numbers{smallest, -smallest});
  CHECK(std::signbit(values<T>(tanh, {-0.0})[0]));
  CHECK(values<T>(sigmoid, {-std::log(largest) - 1})[0] > 0);
}

TEST_CASE_TEMPLATE("accuracy: NaN comes out where NaN goes in", T, float, double) {
  const T nan = std::numeric_limits<T>::quiet_NaN();
  Var (*const functions[])(Var) = {exp,    expm1,    log,       log1p,       sin,  cos,
                                   erf,    abs,      sign,      tanh,        sqrt, sigmoid,
                                   square, softplus, hard_tanh, log_sigmoid, relu, hard_sigmoid,
                                   silu,   gelu,     softsign,  reciprocal};
  for (Var (*f)(Var) : functions) {
    // In whole vectors and in the last few elements.
    const std::vector<T> y = values<T>(f, std::vector<T>(67, nan));
    CHECK(std::all_of(y.begin(), y.end(), [](T v) { return std::isnan(v); }));
    std::vector<T> one(67, T{0.5});
    one[33] = nan;
    const std::vector<T> z = values<T>(f, one);
    CHECK(std::count_if(z.begin(), z.end(), [](T v) { return std::isnan(v); }) == 1);
  }
  Tape tape(dtype_of<T>());
  const Var x = tape.input(Tensor::of<T>({2}, {nan, 1}));
  const Var y = tape.input(Tensor::of<T>({2}, {1, nan}));
  for (const Var& v :
       {maximum(x, y), minimum(x, y), x + y, x - y, x * y, x / y, affine(x + y, 2, 1)}) {
    CHECK(std::isnan(v.value().at(0)));
    CHECK(std::isnan(v.value().at(1)));
  }
  CHECK(greater(x, y).value().to_doubles() == std::vector<double>{0, 0});
  CHECK(equal(x, x).value().to_doubles() == std::vector<double>{0, 1});
}

}  // namespace
}  // namespace unroll::testing
