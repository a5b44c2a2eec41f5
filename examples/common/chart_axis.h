#pragma once
/// One axis of a chart: from values to places, and round numbers along the way.

#include <string>
#include <vector>

namespace examples {

/// An axis over [low, high], linear or logarithmic.
struct Axis {
  double low = 0;
  double high = 1;
  bool logarithmic = false;

  /// Where `value` lies: 0 at low, 1 at high; outside of them for values that are outside.
  [[nodiscard]] double place(double value) const;
};

/// An axis that holds `low` and `high`, with its ends on round numbers: a digit times a power of
/// ten. A logarithmic one is over positive numbers; `low` then has to be above 0.
[[nodiscard]] Axis round_axis(double low, double high, bool logarithmic);

/// A line across the chart and its number.
struct Tick {
  double value;
  std::string label;  // "0.05", "3,000"
};

/// Some five to ten round numbers from the low end of an axis to its high end.
[[nodiscard]] std::vector<Tick> round_ticks(const Axis& axis);

}  // namespace examples
