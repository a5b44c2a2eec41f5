#pragma once
/// Walking the part of a gradient that is not zero.

#include <unroll/core/gradients.h>

#include <algorithm>

namespace unroll {

/// Calls f(begin, end) for each part of the ascending `segments` that lies in [begin, end).
template <class F>
void for_each_part(std::span<const Gradients::Segment> segments, Index begin, Index end, F f) {
  auto segment = std::partition_point(segments.begin(), segments.end(),
                                      [&](const auto& one) { return one.end <= begin; });
  for (; segment != segments.end() && segment->begin < end; ++segment) {
    f(std::max(segment->begin, begin), std::min(segment->end, end));
  }
}

}  // namespace unroll
