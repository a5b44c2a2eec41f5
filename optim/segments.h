#pragma once
/// Walking the part of a gradient that is not zero.

#include <unroll/core/gradients.h>
#include <unroll/core/run/share.h>
#include <unroll/core/run/threads_that_pay.h>

#include <algorithm>
#include <vector>

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

/// The parts of `segments` in [begin, end), cut into pieces to share among threads. What a piece is
/// does not depend on their number.
constexpr Index kPiece = Index{1} << 15;  // elements, at most
inline std::vector<Gradients::Segment> pieces_of(std::span<const Gradients::Segment> segments,
                                                 Index begin, Index end) {
  std::vector<Gradients::Segment> pieces;
  for_each_part(segments, begin, end, [&](Index from, Index to) {
    for (; from < to; from += kPiece) pieces.push_back({from, std::min(from + kPiece, to)});
  });
  return pieces;
}

/// Calls f(i) for 0 <= i < count, on several threads where there are many.
template <class F>
void for_each_on_threads(std::size_t count, F f) {
  constexpr std::size_t kMany = 8;
  run_on_threads_that_pay(count < kMany ? 1 : threads(), [&](Team& team) {
    const auto [begin, end] = share_of(static_cast<Index>(count), team.thread(), team.size());
    for (Index i = begin; i < end; ++i) f(static_cast<std::size_t>(i));
  });
}

}  // namespace unroll
