#include <unroll/layers/initialize.h>

#include <algorithm>
#include <cmath>

namespace unroll {
namespace {

void fill_uniform(std::span<double> values, double limit, Random& random) {
  for (double& value : values) value = random.uniform(-limit, limit);
}

void require_matrix(const Shape& shape, const char* name) {
  if (shape.rank() != 2) {
    fail<ShapeError>("{}: {} is not a matrix", name, shape.to_string());
  }
}

double dot(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

/// Makes the rows of a (count x length) matrix orthonormal, one after the other (Gram-Schmidt, each
/// projection taken out twice: once leaves rounding errors that grow with the matrix).
void orthonormalize_rows(std::vector<double>& rows, std::size_t count, std::size_t length) {
  const auto row = [&](std::size_t i) { return std::span(rows).subspan(i * length, length); };
  for (std::size_t i = 0; i < count; ++i) {
    for (int pass = 0; pass < 2; ++pass) {
      for (std::size_t j = 0; j < i; ++j) {
        const double projection = dot(row(i), row(j));
        for (std::size_t k = 0; k < length; ++k) row(i)[k] -= projection * row(j)[k];
      }
    }
    const double norm = std::sqrt(dot(row(i), row(i)));
    for (double& value : row(i)) value /= norm;
  }
}

}  // namespace

Initializer constant(double value) {
  return [value](const Shape&, std::span<double> values, Random&) {
    std::fill(values.begin(), values.end(), value);
  };
}

Initializer zeros() { return constant(0); }

Initializer uniform(double limit) {
  return [limit](const Shape&, std::span<double> values, Random& random) {
    fill_uniform(values, limit, random);
  };
}

Initializer uniform(double low, double high) {
  return [=](const Shape&, std::span<double> values, Random& random) {
    for (double& value : values) value = random.uniform(low, high);
  };
}

Initializer normal(double standard_deviation) {
  return [standard_deviation](const Shape&, std::span<double> values, Random& random) {
    for (double& value : values) value = standard_deviation * random.normal();
  };
}

Initializer fan_in_uniform() {
  return [](const Shape& shape, std::span<double> values, Random& random) {
    if (values.empty()) return;
    const Index fan_in = shape.rank() == 0 ? 1 : shape[shape.rank() - 1];
    fill_uniform(values, 1 / std::sqrt(static_cast<double>(fan_in)), random);
  };
}

Initializer fan_in_uniform_transposed() {
  return [](const Shape& shape, std::span<double> values, Random& random) {
    if (values.empty()) return;
    fill_uniform(values, 1 / std::sqrt(static_cast<double>(shape[0])), random);
  };
}

Initializer glorot() {
  return [](const Shape& shape, std::span<double> values, Random& random) {
    require_matrix(shape, "glorot");
    if (values.empty()) return;
    fill_uniform(values, std::sqrt(6 / static_cast<double>(shape[0] + shape[1])), random);
  };
}

Initializer orthogonal(double gain) {
  return [gain](const Shape& shape, std::span<double> values, Random& random) {
    require_matrix(shape, "orthogonal");
    const auto m = static_cast<std::size_t>(shape[0]);
    const auto n = static_cast<std::size_t>(shape[1]);
    const std::size_t count = std::min(m, n);
    const std::size_t length = std::max(m, n);
    std::vector<double> rows(count * length);
    for (double& value : rows) value = random.normal();
    orthonormalize_rows(rows, count, length);
    for (std::size_t i = 0; i < m; ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        values[i * n + j] = gain * (m <= n ? rows[i * length + j] : rows[j * length + i]);
      }
    }
  };
}

Initializer identity(double scale) {
  return [scale](const Shape& shape, std::span<double> values, Random&) {
    require_matrix(shape, "identity");
    std::fill(values.begin(), values.end(), 0.0);
    for (Index i = 0; i < std::min(shape[0], shape[1]); ++i) {
      values[static_cast<std::size_t>(i * shape[1] + i)] = scale;
    }
  };
}

}  // namespace unroll
