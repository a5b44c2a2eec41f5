/// A plan as text: what runs, what it covers, what it costs.

#include <unroll/core/plan/plan.h>

#include <algorithm>
#include <map>
#include <numeric>

namespace unroll {
namespace {

double size_of_rect(const Rect& rect, Index width) {
  return static_cast<double>(rect.rows * rect.columns * width);
}

struct Describe {
  const Plan& plan;
  const Step& step;
  Index width;

  StepText operator()(const ProductStep& s) const {
    const auto m = static_cast<double>(s.m);
    const auto n = static_cast<double>(s.n);
    const auto k = static_cast<double>(s.k);
    return {fmt::format("product {} {}{}{}", s.transpose_a ? "aᵀ" : "a", s.transpose_b ? "bᵀ" : "b",
                        s.sums.empty() ? "" : ", sums", s.packed >= 0 ? ", packed" : ""),
            fmt::format("{} x {} x {}", s.m, s.n, s.k), 2 * m * n * k,
            (m * k + k * n + m * n) * static_cast<double>(width)};
  }
  StepText operator()(const PackStep& s) const {
    const PackedMatrix& packed = plan.packed[static_cast<std::size_t>(s.packed)];
    return {"pack", fmt::format("{} x {}", packed.n, packed.k), 0,
            2 * static_cast<double>(packed.n * packed.k * width)};
  }
  StepText operator()(const FusedStep& s) const {
    StepText line{
        fmt::format("sweep of {}{}", s.instructions.size(), s.sums.empty() ? "" : ", sums"),
        fmt::format("{} x {}", s.rows, s.columns), static_cast<double>(s.rows * s.columns), 0};
    for (const FusedStep::Operand& operand : s.operands) {
      line.bytes += size_of_rect(operand.rect, width);
    }
    for (const FusedStep::Result& result : s.results) {
      line.bytes += size_of_rect(result.rect, width);
    }
    for (const FusedStep::Sum& sum : s.sums) line.bytes += size_of_rect(sum.rect, width);
    line.flops *= static_cast<double>(s.instructions.size() + s.sums.size());
    return line;
  }
  StepText operator()(const KernelStep& s) const {
    const Request::Kind& work = plan.request.kind_of(s.node);
    return {fmt::format("{}{}", work.op->name, s.in_place ? ", in place" : ""),
            work.shape.to_string(), 0,
            static_cast<double>(work.shape.size()) * static_cast<double>(size_of(work.dtype))};
  }
  StepText operator()(const CopyStep& s) const {
    return {"copy", fmt::format("{} x {}", s.from.rows, s.from.columns), 0,
            2 * size_of_rect(s.from, s.width)};
  }
};

/// What steps of one kind and shape cost together.
struct Total {
  std::size_t steps = 0;
  double flops = 0;
  double milliseconds = 0;
};

double rate(double flops, double milliseconds) {
  return milliseconds > 0 ? flops / milliseconds / 1e6 : 0;
}

/// The totals, those that took longest first.
std::string summary(const std::map<std::pair<std::string, std::string>, Total>& totals,
                    double milliseconds) {
  std::vector<std::pair<std::pair<std::string, std::string>, Total>> sorted(totals.begin(),
                                                                            totals.end());
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    return a.second.milliseconds > b.second.milliseconds;
  });
  std::string text = fmt::format("\n{:>5}  {:<32} {:>6} {:<20} {:>10} {:>10} {:>9} {:>8}\n",
                                 "steps", "kernel", "", "shape", "MFLOP", "share", "ms", "GFLOP/s");
  for (const auto& [key, total] : sorted) {
    text += fmt::format("{:>5}  {:<32} {:>6} {:<20} {:>10.3f} {:>8.1f} % {:>9.4f} {:>8.1f}\n",
                        total.steps, key.first, "", key.second, total.flops / 1e6,
                        100 * total.milliseconds / milliseconds, total.milliseconds,
                        rate(total.flops, total.milliseconds));
  }
  return text;
}

}  // namespace

StepText describe(const Plan& plan, const Step& step) {
  return std::visit(Describe{plan, step, static_cast<Index>(size_of(plan.dtype))}, step.what);
}

std::string to_string(const Plan& plan, std::span<const double> milliseconds) {
  std::string text =
      fmt::format("{:>5}  {:<32} {:>6} {:<20} {:>10} {:>10} {:>9} {:>8} {:>9}\n", "step", "kernel",
                  "nodes", "shape", "MFLOP", "KB", "ms", "share", "GFLOP/s");
  double flops = 0;
  const double time = std::accumulate(milliseconds.begin(), milliseconds.end(), 0.0);
  std::map<std::pair<std::string, std::string>, Total> totals;  // by kernel and shape
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    const Step& step = plan.steps[i];
    const StepText line = describe(plan, step);
    text += fmt::format("{:>5}  {:<32} {:>6} {:<20} {:>10.3f} {:>10.1f}", i, line.kernel,
                        step.covers, line.shape, line.flops / 1e6, line.bytes / 1024);
    Total& total = totals[{line.kernel, line.shape}];
    ++total.steps;
    total.flops += line.flops;
    if (i < milliseconds.size()) {
      text += fmt::format(" {:>9.4f} {:>6.1f} % {:>9.1f}", milliseconds[i],
                          100 * milliseconds[i] / time, rate(line.flops, milliseconds[i]));
      total.milliseconds += milliseconds[i];
    }
    flops += line.flops;
    text += "\n";
  }
  if (time > 0) text += summary(totals, time);
  text += fmt::format("{} nodes in {} steps, {:.1f} MFLOP, {:.1f} MB of memory",
                      plan.request.work.size(), plan.steps.size(), flops / 1e6,
                      static_cast<double>(plan.bytes) / (1 << 20));
  if (!milliseconds.empty()) {
    text += fmt::format(", {:.3f} ms, {:.1f} GFLOP/s", time, rate(flops, time));
  }
  text += "\n";
  for (const std::string& note : plan.notes) text += fmt::format("dropped by {}\n", note);
  return text;
}

}  // namespace unroll
