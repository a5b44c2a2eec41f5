#pragma once
/// What a softmax does to one row, compiled once for every instruction set.

#include <cstddef>

namespace unroll {

/// What a softmax divides a row by, sum exp(top): in two parts, so that large logits do not cost
/// the small differences between them.
template <class T>
struct Normaliser {
  T top;  // the largest of the row
  T sum;  // of exp(x - top)
};

[[nodiscard]] Normaliser<float> normaliser_of(const float* x, std::size_t n);
[[nodiscard]] Normaliser<double> normaliser_of(const double* x, std::size_t n);

/// y = weight exp(x) / sum(exp(x)); it may lie where x does.
Normaliser<float> softmax_of(const float* x, float* y, std::size_t n, float weight);
Normaliser<double> softmax_of(const double* x, double* y, std::size_t n, double weight);

}  // namespace unroll
