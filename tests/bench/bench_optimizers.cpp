// How fast the steps of optimizers are, beside loops that only move as much memory.
//
//     cmake --build --preset release --target bench_optimizers &&
//     build/release/tests/bench_optimizers
#include <unroll/unroll.h>

#include <algorithm>
#include <chrono>

namespace {

using namespace unroll;  // NOLINT: a program of one page

constexpr Index kSize = 5'000'000;
constexpr int kRuns = 15;

template <class F>
double fastest(F f) {
  double best = 1e9;
  for (int run = 0; run < kRuns; ++run) {
    const auto start = std::chrono::steady_clock::now();
    f();
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    best = std::min(best, taken.count());
  }
  return best;
}

/// One pass that reads `slots` + 2 arrays of that many floats and writes all but one of them.
double move_memory(std::size_t slots) {
  std::vector<std::vector<float>> arrays(slots + 1, std::vector<float>(kSize, 1));
  const std::vector<float> g(kSize, 1);
  return fastest([&] {
    float* __restrict a = arrays[0].data();
    float* __restrict b = arrays[std::min<std::size_t>(1, slots)].data();
    float* __restrict c = arrays[std::min<std::size_t>(2, slots)].data();
    float* __restrict d = arrays[slots].data();
    const float* __restrict from = g.data();
    for (Index i = 0; i < kSize; ++i) {
      a[i] += from[i];
      if (slots > 0) b[i] += from[i];
      if (slots > 1) c[i] += from[i];
      if (slots > 2) d[i] += from[i];
    }
  });
}

}  // namespace

int main() {
  const Parameters p(DType::f32, 1);
  const Parameter a = p.add("a", {kSize}, uniform(1));
  Tape tape;
  const Gradients gradients = tape.gradients(sum(square(tape.parameter(a))), p);
  (void)gradients.flat();
  std::array<double, 4> bare{};
  for (std::size_t slots = 0; slots < bare.size(); ++slots) bare[slots] = move_memory(slots);
  fmt::print("one step over {} f32 parameters, fastest of {}\n", kSize, kRuns);
  fmt::print("{:16} {:>6} {:>8} {:>10} {:>8}\n", "optimizer", "slots", "ms", "bare loop", "GB/s");
  for (const OptimizerEntry& entry : all_optimizers()) {
    const auto optimizer = entry.make(1e-6, entry.weight_decay);
    optimizer->step(gradients);
    const std::size_t slots = optimizer->state().size() - 1;
    const double seconds = fastest([&] { optimizer->step(gradients); });
    const double bytes = 4.0 * kSize * static_cast<double>(3 + 2 * slots);
    fmt::print("{:16} {:6} {:8.2f} {:10.2f} {:8.1f}\n", entry.name, slots, 1e3 * seconds,
               1e3 * bare[slots], bytes / seconds / 1e9);
  }
}
