#include "bptt/memory.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <functional>
#include <limits>
#include <string>

#include "common/output.h"

namespace bptt {

using namespace unroll;
using examples::say;

namespace {

/// The shortest of `runs` runs, in milliseconds.
double fastest(int runs, const std::function<void()>& f) {
  using Clock = std::chrono::steady_clock;
  double best = std::numeric_limits<double>::infinity();
  for (int i = 0; i < runs; ++i) {
    const auto start = Clock::now();
    f();
    best = std::min(best, std::chrono::duration<double, std::milli>(Clock::now() - start).count());
  }
  return best;
}

}  // namespace

Cost cost_of(Index steps, Index hidden, Index batch, int runs) {
  const Parameters p(DType::f32, 1);
  const Lstm cell(p, hidden, hidden);
  Tensor x(DType::f32, {steps, batch, hidden});
  Random random(1);
  for (float& value : x.values<float>()) value = static_cast<float>(random.uniform(-1, 1));
  const auto record = [&](Tape& tape) {
    return mean(square(unroll_over(cell, tape.input(x), zero_state(cell, tape, batch)).outputs));
  };

  Cost cost;
  cost.steps = steps;
  Tape forward;
  cost.forward_ms = fastest(runs, [&] {
    forward.clear();
    (void)record(forward).item();
  });
  Tape both;
  cost.both_ms = fastest(runs, [&] {
    both.clear();
    const Var loss = record(both);
    cost.forward_nodes = both.node_count();
    both.gradients(loss, p).run();
    cost.backward_nodes = both.node_count() - cost.forward_nodes;
  });
  cost.bytes = static_cast<double>(both.bytes());
  return cost;
}

Line fit_line(std::span<const examples::ChartPoint> points) {
  const auto count = static_cast<double>(points.size());
  double x = 0;
  double y = 0;
  for (const auto& point : points) {
    x += point.x / count;
    y += point.y / count;
  }
  double xx = 0;
  double xy = 0;
  for (const auto& point : points) {
    xx += (point.x - x) * (point.x - x);
    xy += (point.x - x) * (point.y - y);
  }
  Line line;
  line.slope = xy / xx;
  line.intercept = y - line.slope * x;
  double largest = 0;
  for (const auto& point : points) {
    line.worst = std::max(line.worst, std::abs(point.y - line.intercept - line.slope * point.x));
    largest = std::max(largest, std::abs(point.y));
  }
  if (largest > 0) line.worst /= largest;
  return line;
}

void run_memory(const Folder& folder) {
  constexpr Index kHidden = 64;
  constexpr Index kBatch = 16;
  constexpr int kRuns = 5;
  constexpr std::array<Index, 7> kLengths = {10, 25, 50, 75, 100, 150, 200};
  say("Backpropagation through time keeps every state until the gradient has come back to it. An "
      "LSTM of {}\nunits over T steps, {} sequences side by side, f32, one thread; time is the "
      "fastest of {} runs:\n\n",
      kHidden, kBatch, kRuns);
  struct Column {
    const char* name;
    const char* unit;
    double (*value)(const Cost&);
  };
  const std::array columns = {
      Column{"nodes forward", "nodes",
             [](const Cost& c) { return static_cast<double>(c.forward_nodes); }},
      Column{"nodes backward", "nodes",
             [](const Cost& c) { return static_cast<double>(c.backward_nodes); }},
      Column{"memory", "MB", [](const Cost& c) { return c.bytes / (1024 * 1024); }},
      Column{"forward", "ms", [](const Cost& c) { return c.forward_ms; }},
      Column{"both", "ms", [](const Cost& c) { return c.both_ms; }},
      Column{"backward", "ms", [](const Cost& c) { return c.both_ms - c.forward_ms; }}};

  say("  {:>6}", "T");
  for (const Column& column : columns) say(" {:>15}", column.name);
  say("\n");
  std::array<std::vector<examples::ChartPoint>, columns.size()> points;
  for (const Index steps : kLengths) {
    const Cost cost = cost_of(steps, kHidden, kBatch, kRuns);
    say("  {:>6}", steps);
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const double value = columns[i].value(cost);
      points[i].push_back({static_cast<double>(steps), value});
      say(" {:>15}", i < 2   ? fmt::format("{:.0f}", value)
                     : i < 3 ? fmt::format("{:.2f} MB", value)
                             : fmt::format("{:.3f} ms", value));
    }
    say("\n");
  }
  say("\nThe straight lines through them, and the largest distance of a point from its line, in % "
      "of the\nlargest value:\n\n");
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const Line line = fit_line(points[i]);
    say("  {:<16} {:>10.3f} {} + {:.4f} {} a step{:>10.1f} %\n", columns[i].name, line.intercept,
        columns[i].unit, line.slope, columns[i].unit, 100 * line.worst);
  }
  say("\nTwice the steps are twice the nodes and the memory; so is the time on a machine that has "
      "nothing else\nto do. Truncation, which ends a piece and carries the state on, bounds all of "
      "them.\n");
  folder.write("memory", examples::Chart{.title = "Memory over the number of steps",
                                         .subtitle = "LSTM, 64 units, 16 sequences, f32",
                                         .x_label = "steps T",
                                         .y_label = "MB",
                                         .curves = {{.name = "tape", .points = points[2]}}});
  folder.write("memory-time",
               examples::Chart{.title = "Time over the number of steps",
                               .subtitle = "LSTM, 64 units, 16 sequences, f32, one thread",
                               .x_label = "steps T",
                               .y_label = "ms",
                               .curves = {{.name = "both", .points = points[4]},
                                          {.name = "backward", .points = points[5]},
                                          {.name = "forward", .points = points[3]}}});
}

}  // namespace bptt
