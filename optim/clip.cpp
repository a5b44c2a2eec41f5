#include <unroll/optim/clip.h>
#include <unroll/optim/segments.h>

#include <algorithm>
#include <cmath>

namespace unroll {
namespace {

/// Calls f(elements) for each part of elements [begin, end) that is not zero, in the gradients' own
/// type.
template <class F>
void for_each_value(Gradients& gradients, Index begin, Index end, F f) {
  const auto visit = [&]<class T>(std::span<T> values) {
    for_each_part(gradients.segments(), begin, end, [&](Index from, Index to) {
      f(values.subspan(static_cast<std::size_t>(from), static_cast<std::size_t>(to - from)));
    });
  };
  if (gradients.parameters().dtype() == DType::f32) {
    visit(gradients.values<float>());
  } else {
    visit(gradients.values<double>());
  }
}

double norm_of(Gradients& gradients, Index begin, Index end) {
  double squares = 0;
  for_each_value(gradients, begin, end, [&](auto values) {
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
  return std::sqrt(squares);
}

void scale(Gradients& gradients, Index begin, Index end, double factor) {
  for_each_value(gradients, begin, end, [&]<class T>(std::span<T> values) {
    for (T& value : values) value *= static_cast<T>(factor);
  });
}

void require_positive(double limit, const char* name) {
  if (!(limit > 0)) fail<Error>("{}: a limit of {}, expected one above 0", name, limit);
}

}  // namespace

double clip_by_global_norm(Gradients& gradients, double limit) {
  require_positive(limit, "clip_by_global_norm");
  const Index size = gradients.flat().size();
  const double norm = norm_of(gradients, 0, size);
  if (norm > limit) scale(gradients, 0, size, limit / norm);
  return norm;
}

void clip_by_parameter_norm(Gradients& gradients, double limit) {
  require_positive(limit, "clip_by_parameter_norm");
  for (const Parameter& p : gradients.parameters().all()) {
    const Index begin = p.offset();
    const Index end = begin + p.shape().size();
    const double norm = norm_of(gradients, begin, end);
    if (norm > limit) scale(gradients, begin, end, limit / norm);
  }
}

void clip_by_value(Gradients& gradients, double limit) {
  require_positive(limit, "clip_by_value");
  for_each_value(gradients, 0, gradients.flat().size(), [&]<class T>(std::span<T> values) {
    const T bound = static_cast<T>(limit);
    for (T& value : values) value = std::clamp(value, -bound, bound);
  });
}

}  // namespace unroll
