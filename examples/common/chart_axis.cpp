#include "common/chart_axis.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

namespace examples {
namespace {

constexpr double kSlack = 1e-9;     // relative: what a sum of steps may be off
constexpr double kTicksWished = 6;  // a step is chosen to give at most this many

using Digits = std::span<const double>;

constexpr std::array kOne = {1.0};
constexpr std::array kThree = {1.0, 2.0, 5.0};
constexpr std::array kMany = {1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0};

/// The digits of round numbers on a logarithmic axis: the more, the fewer decades there are.
Digits digits_of(double low, double high) {
  const double decades = std::log10(high / low);
  return decades > 4 ? Digits(kOne) : decades > 1.2 ? Digits(kThree) : Digits(kMany);
}

/// The smallest of these digits times a power of ten that is at least `x`, and the largest that is
/// at most `x`.
double round_up(double x, Digits digits) {
  const double power = std::pow(10, std::floor(std::log10(x) + kSlack));
  for (const double digit : digits) {
    if (digit * power >= x * (1 - kSlack)) return digit * power;
  }
  return 10 * power;
}
double round_down(double x, Digits digits) {
  const double power = std::pow(10, std::floor(std::log10(x) + kSlack));
  double best = power;
  for (const double digit : digits) {
    if (digit * power <= x * (1 + kSlack)) best = digit * power;
  }
  return best;
}

double step_of(const Axis& axis) { return round_up((axis.high - axis.low) / kTicksWished, kThree); }

std::string label_of(double value) {
  if (std::abs(value) < 1e5 && std::abs(value) >= 1000 && value == std::round(value)) {
    const auto whole = static_cast<long>(std::abs(value));
    return fmt::format("{}{},{:03}", value < 0 ? "-" : "", whole / 1000, whole % 1000);
  }
  return fmt::format("{:.6g}", value);
}

std::vector<Tick> logarithmic_ticks(const Axis& axis) {
  const Digits digits = digits_of(axis.low, axis.high);
  std::vector<Tick> ticks;
  for (double power = std::floor(std::log10(axis.low)); power <= std::log10(axis.high) + kSlack;
       ++power) {
    for (const double digit : digits) {
      const double value = digit * std::pow(10, power);
      if (value >= axis.low * (1 - kSlack) && value <= axis.high * (1 + kSlack)) {
        ticks.push_back({value, label_of(value)});
      }
    }
  }
  return ticks;
}

}  // namespace

double Axis::place(double value) const {
  if (logarithmic) return std::log(value / low) / std::log(high / low);
  return (value - low) / (high - low);
}

Axis round_axis(double low, double high, bool logarithmic) {
  if (!(high > low)) high = low + std::max(std::abs(low), 1.0);
  if (logarithmic) {
    // Under a decade or so the ends are finer, so that little of the height is left unused.
    const Digits ends =
        digits_of(low, high).size() > kThree.size() ? Digits(kMany) : Digits(kThree);
    return {round_down(low, ends), round_up(high, ends), true};
  }
  const double step = step_of({low, high, false});
  return {step * std::floor(low / step + kSlack), step * std::ceil(high / step - kSlack), false};
}

std::vector<Tick> round_ticks(const Axis& axis) {
  if (axis.logarithmic) return logarithmic_ticks(axis);
  std::vector<Tick> ticks;
  const double step = step_of(axis);
  for (double i = std::ceil(axis.low / step - kSlack); i * step <= axis.high + kSlack * step; ++i) {
    const double value = i == 0 ? 0 : i * step;  // never -0
    ticks.push_back({value, label_of(value)});
  }
  return ticks;
}

}  // namespace examples
