#include <unroll/optim/clip.h>

#include <algorithm>
#include <cmath>

namespace unroll {
namespace {

/// Calls f(elements) for each segment that is not zero, in the gradients' own type.
template <class F>
void for_each_segment(Gradients& gradients, F f) {
  const auto visit = [&]<class T>(std::span<T> values) {
    for (const auto& [begin, end] : gradients.segments()) {
      f(values.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin)));
    }
  };
  if (gradients.parameters().dtype() == DType::f32) {
    visit(gradients.values<float>());
  } else {
    visit(gradients.values<double>());
  }
}

void require_positive(double limit, const char* name) {
  if (!(limit > 0)) fail<Error>("{}: a limit of {}, expected one above 0", name, limit);
}

}  // namespace

double clip_by_global_norm(Gradients& gradients, double limit) {
  require_positive(limit, "clip_by_global_norm");
  double squares = 0;
  for_each_segment(gradients, [&](auto values) {
    constexpr std::size_t kChains = 8;  // independent sums, which the compiler keeps in vectors
    std::array<double, kChains> sums{};
    std::size_t i = 0;
    for (; i + kChains <= values.size(); i += kChains) {
      for (std::size_t c = 0; c < kChains; ++c) {
        const double x = values[i + c];
        sums[c] += x * x;
      }
    }
    for (; i < values.size(); ++i) squares += static_cast<double>(values[i]) * values[i];
    for (const double sum : sums) squares += sum;
  });
  const double norm = std::sqrt(squares);
  if (norm > limit) {
    for_each_segment(gradients, [&]<class T>(std::span<T> values) {
      const T factor = static_cast<T>(limit / norm);
      for (T& value : values) value *= factor;
    });
  }
  return norm;
}

void clip_by_value(Gradients& gradients, double limit) {
  require_positive(limit, "clip_by_value");
  for_each_segment(gradients, [&]<class T>(std::span<T> values) {
    const T bound = static_cast<T>(limit);
    for (T& value : values) value = std::clamp(value, -bound, bound);
  });
}

}  // namespace unroll
