#pragma once
/// A chart as a file.

#include <string>

#include "common/chart.h"

namespace examples {

/// Writes a chart; the ending, .svg or .png, says as what. unroll::Error for another one.
void write_chart(const Chart& chart, const std::string& path);

}  // namespace examples
