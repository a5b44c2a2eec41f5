#pragma once
/// What tests share: tensors from a description, and comparisons of values.

#include <unroll/unroll.h>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <ostream>
#include <span>
#include <string>
#include <vector>

namespace unroll::testing {

using Vars = std::span<const Var>;

/// The values a sample asks for, in f64 or as ids; the same for the same random numbers.
inline Tensor make_tensor(const SampleInput& input, Random& random) {
  Tensor tensor(input.ids ? DType::i32 : DType::f64, input.shape);
  if (input.ids) {
    for (std::int32_t& id : tensor.values<std::int32_t>()) {
      id = static_cast<std::int32_t>(random.below(static_cast<std::int64_t>(input.high)));
    }
  } else {
    for (double& value : tensor.values<double>()) value = random.uniform(input.low, input.high);
  }
  return tensor;
}

inline std::vector<Tensor> make_tensors(const std::vector<SampleInput>& inputs,
                                        std::uint64_t seed = 7) {
  Random random(seed);
  std::vector<Tensor> tensors;
  for (const SampleInput& input : inputs) tensors.push_back(make_tensor(input, random));
  return tensors;
}

inline Tensor random_tensor(const Shape& shape, std::uint64_t seed, double low = -2,
                            double high = 2) {
  Random random(seed);
  return make_tensor({shape, low, high}, random);
}

inline Tensor random_ids(const Shape& shape, std::uint64_t seed, Index bound) {
  Random random(seed);
  return make_tensor({shape, 0, static_cast<double>(bound), true}, random);
}

/// A number of threads to work with, as before at the end.
struct WithThreads {
  explicit WithThreads(int count) { set_threads(count); }
  ~WithThreads() { set_threads(before); }
  WithThreads(const WithThreads&) = delete;
  WithThreads& operator=(const WithThreads&) = delete;
  int before = threads();
};

inline Tensor ids_of(const Shape& shape, const std::vector<std::int32_t>& ids) {
  return Tensor::of<std::int32_t>(shape, ids);
}

inline std::vector<Var> put(Tape& tape, const std::vector<Tensor>& tensors) {
  std::vector<Var> vars;
  for (const Tensor& tensor : tensors) vars.push_back(tape.input(tensor));
  return vars;
}

/// sum(w x) with random weights w, so that no symmetry of a plain sum hides an error.
inline Var weighted_sum(Var x, std::uint64_t seed) {
  return sum(x * x.tape().input(random_tensor(x.shape(), seed, 0.5, 1.5)));
}

/// An element of a shape, as the index of each axis: "[1, 4]".
inline std::string element_name(const Shape& shape, Index element) {
  std::vector<Index> index(static_cast<std::size_t>(shape.rank()));
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    index[static_cast<std::size_t>(axis)] = element % shape[axis];
    element /= shape[axis];
  }
  return fmt::format("[{}]", fmt::join(index, ", "));
}

/// What a comparison found: a number or a truth, and the place it comes from, which a CHECK that
/// fails prints.
template <class Result>
struct Comparison {
  Result result{};
  std::string place;
  operator Result() const { return result; }  // NOLINT: CHECK(difference(a, b) < 1e-9)
  friend std::ostream& operator<<(std::ostream& stream, const Comparison& comparison) {
    return stream << comparison.result << " (" << comparison.place << ")";
  }
};

/// Whether two values are the same: type, shape and every bit.
inline Comparison<bool> same_bits(const TensorView& a, const TensorView& b) {
  if (a.dtype != b.dtype) {
    return {false, fmt::format("{} against {}", name_of(a.dtype), name_of(b.dtype))};
  }
  if (a.shape != b.shape)
    return {false, fmt::format("shapes {} against {}", a.shape.to_string(), b.shape.to_string())};
  const std::byte* const end = a.data + static_cast<std::size_t>(a.size()) * size_of(a.dtype);
  const std::byte* const differs = std::mismatch(a.data, end, b.data).first;
  if (differs == end) return {true, "all elements are equal"};
  const Index i = (differs - a.data) / static_cast<Index>(size_of(a.dtype));
  return {false,
          fmt::format("element {}: {} against {}", element_name(a.shape, i), a.at(i), b.at(i))};
}

/// The largest |a - b| / max(1, |b|); infinity where shapes differ or where there is a NaN.
inline Comparison<double> difference(const TensorView& a, const TensorView& b) {
  if (a.shape != b.shape)
    return {INFINITY,
            fmt::format("shapes {} against {}", a.shape.to_string(), b.shape.to_string())};
  Comparison<double> worst{0, "all elements are equal"};
  for (Index i = 0; i < a.size(); ++i) {
    double error = std::abs(a.at(i) - b.at(i)) / std::max(1.0, std::abs(b.at(i)));
    if (std::isnan(error)) error = INFINITY;
    if (error <= worst.result) continue;
    worst = {error,
             fmt::format("element {}: {} against {}", element_name(a.shape, i), a.at(i), b.at(i))};
  }
  return worst;
}

/// The parameters' gradients, one after the other, as one vector.
inline std::vector<double> flatten(const Gradients& gradients, const Parameters& parameters) {
  std::vector<double> result;
  for (const Parameter& p : parameters.all()) {
    const std::vector<double> values = gradients[p].to_doubles();
    result.insert(result.end(), values.begin(), values.end());
  }
  return result;
}

/// The largest |a - b| / max(1, |b|) of two vectors; infinity where they differ in length.
inline Comparison<double> difference(const std::vector<double>& a, const std::vector<double>& b) {
  return difference(Tensor::of<double>({static_cast<Index>(a.size())}, a),
                    Tensor::of<double>({static_cast<Index>(b.size())}, b));
}

}  // namespace unroll::testing
