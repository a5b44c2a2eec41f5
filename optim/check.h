#pragma once
/// Checks of what optimizers and schedules are told: `what` comes with its article, "a decay".

#include <unroll/core/tensor.h>

#include <cmath>

namespace unroll {

/// Error unless `value` is finite and at least 0.
inline double require_not_negative(const char* who, const char* what, double value) {
  if (!(value >= 0 && std::isfinite(value))) {
    fail<Error>("{}: {} of {}, expected one of 0 or above", who, what, value);
  }
  return value;
}

/// Error unless `value` is finite and above 0.
inline double require_above_zero(const char* who, const char* what, double value) {
  if (!(value > 0 && std::isfinite(value))) {
    fail<Error>("{}: {} of {}, expected one above 0", who, what, value);
  }
  return value;
}

/// Error where a number above 0 is 0 in the type of the parameters, as 1e-50 is in f32.
inline void require_above_zero_as(DType dtype, const char* who, const char* what, double value) {
  if (dtype == DType::f32 && static_cast<float>(value) == 0) {
    fail<Error>("{}: {} of {} is 0 in f32, the type of the parameters", who, what, value);
  }
}

/// Error unless `value` is in [0, 1).
inline double require_fraction(const char* who, const char* what, double value) {
  if (!(value >= 0 && value < 1)) {
    fail<Error>("{}: {} of {}, expected one of 0 or above and below 1", who, what, value);
  }
  return value;
}

}  // namespace unroll
