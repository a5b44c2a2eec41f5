#pragma once
/// What backpropagation through time costs: the tape's nodes and bytes, and time, over T.

#include <unroll/unroll.h>

#include <span>
#include <vector>

#include "bptt/folder.h"

namespace bptt {

/// The cost of one sequence length.
struct Cost {
  unroll::Index steps = 0;           // T
  unroll::Index forward_nodes = 0;   // recorded before gradients were
  unroll::Index backward_nodes = 0;  // recorded by gradients
  double bytes = 0;                  // the tape holds, once forward and backward have run
  double forward_ms = 0;             // the fastest of several runs of the loss alone
  double both_ms = 0;                // the fastest of several runs of the loss and the gradients
};
/// Of the LSTM with `hidden` units over `batch` sequences of `steps` steps, f32, `runs` runs each.
[[nodiscard]] Cost cost_of(unroll::Index steps, unroll::Index hidden, unroll::Index batch,
                           int runs);

/// A straight line y = intercept + slope x, and how well it fits.
struct Line {
  double intercept = 0;
  double slope = 0;
  double worst = 0;  // the largest distance of a point from the line, a share of the largest y
};
/// The line of least squares through at least two points.
[[nodiscard]] Line fit_line(std::span<const examples::ChartPoint> points);

/// The chapter.
void run_memory(const Folder& folder);

}  // namespace bptt
