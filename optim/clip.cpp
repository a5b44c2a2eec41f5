#include <unroll/optim/clip.h>
#include <unroll/optim/segments.h>

#include <algorithm>
#include <cmath>
#include <numeric>

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

/// The sum of the squares, in blocks short enough for Sum to hold.
template <class Sum, class T>
double squares_of(std::span<const T> values) {
  constexpr std::size_t kChains = 16;  // independent sums, which the compiler keeps in vectors
  constexpr std::size_t kBlock = 1024;
  double squares = 0;
  for (std::size_t begin = 0; begin < values.size(); begin += kBlock) {
    const std::size_t end = std::min(begin + kBlock, values.size());
    std::array<Sum, kChains> sums{};
    std::size_t i = begin;
    for (; i + kChains <= end; i += kChains) {
      for (std::size_t c = 0; c < kChains; ++c) {
        const Sum x = values[i + c];
        sums[c] += x * x;
      }
    }
    for (; i < end; ++i) sums[0] += Sum{values[i]} * Sum{values[i]};
    for (const Sum sum : sums) squares += static_cast<double>(sum);
  }
  return squares;
}

double norm_of(const Gradients& gradients, Index begin, Index end) {
  const std::vector<Gradients::Segment> pieces = pieces_of(gradients.segments(), begin, end);
  std::vector<double> squares(pieces.size());
  const auto norm = [&]<class T>(std::span<const T> values) {
    for_each_on_threads(pieces.size(), [&](std::size_t i) {
      const auto [from, to] = pieces[i];
      const auto piece =
          values.subspan(static_cast<std::size_t>(from), static_cast<std::size_t>(to - from));
      squares[i] = squares_of<T>(piece);
      const bool in_range = squares[i] > 1e-24 && squares[i] < 1e30;  // of f32's squares
      if (!in_range) squares[i] = squares_of<double>(piece);
    });
    return std::sqrt(std::accumulate(squares.begin(), squares.end(), 0.0));
  };
  return gradients.parameters().dtype() == DType::f32 ? norm(gradients.values<float>())
                                                      : norm(gradients.values<double>());
}

void scale(Gradients& gradients, Index begin, Index end, double factor) {
  for_each_value(gradients, begin, end, [&]<class T>(std::span<T> values) {
    for (T& value : values) value *= static_cast<T>(factor);
  });
}

void require_positive(double limit, const char* name) {
  if (!(limit > 0)) fail<Error>("{}: a limit of {}, expected one above 0", name, limit);
}

[[noreturn]] void refuse(const char* who, const Parameter& parameter, double norm) {
  fail<NonFiniteError>("{}: the gradient of '{}' has the norm {}", who, parameter.name(), norm);
}

double norm_of(const Gradients& gradients, const Parameter& p) {
  return norm_of(gradients, p.offset(), p.offset() + p.shape().size());
}

}  // namespace

double clip_by_global_norm(Gradients& gradients, double limit, NonFinite non_finite) {
  require_positive(limit, "clip_by_global_norm");
  const double norm = norm_of(gradients, 0, gradients.flat().size());
  if (!std::isfinite(norm)) {
    if (non_finite == NonFinite::report) return norm;
    for (const Parameter& p : gradients.parameters().all()) {
      const double of_one = norm_of(gradients, p);
      if (!std::isfinite(of_one)) refuse("clip_by_global_norm", p, of_one);
    }
  }
  if (norm > limit) gradients.scale(limit / norm);
  return norm;
}

void clip_by_parameter_norm(Gradients& gradients, double limit) {
  require_positive(limit, "clip_by_parameter_norm");
  for (const Parameter& p : gradients.parameters().all()) {
    const double norm = norm_of(gradients, p);
    if (!std::isfinite(norm)) refuse("clip_by_parameter_norm", p, norm);
    if (norm > limit) scale(gradients, p.offset(), p.offset() + p.shape().size(), limit / norm);
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
