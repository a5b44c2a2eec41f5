#include "bptt/matrices.h"

#include <unroll/core/tape.h>
#include <unroll/ops/matmul.h>

#include <algorithm>
#include <cmath>

namespace bptt {

using namespace unroll;

double spectral_radius(const TensorView& matrix) {
  constexpr int kSquarings = 40;
  Tensor power(matrix);
  double log_radius = 0;
  for (int i = 0; i < kSquarings; ++i) {
    double largest = 0;
    for (const double value : power.values<double>()) largest = std::max(largest, std::abs(value));
    if (largest == 0) return 0;
    log_radius += std::log(largest) / std::pow(2, i);
    Tape tape(DType::f64);
    const Var scaled = tape.input(power) / largest;
    power = Tensor(matmul(scaled, scaled).value());
  }
  return std::exp(log_radius);
}

double largest_singular_value(const TensorView& matrix) {
  Tape tape(DType::f64);
  const Var a = tape.input(matrix);
  return std::sqrt(spectral_radius(matmul(a, a, {.a = true}).value()));
}

}  // namespace bptt
