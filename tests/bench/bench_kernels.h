#pragma once
/// The parts of `bench`, which times single kernels with Google Benchmark.

#include <benchmark/benchmark.h>
#include <unroll/unroll.h>

namespace bench {

/// Operations that are no products, run as plans run them.
void register_operations();
/// What recording, finding and making a plan take for each node.
void register_planner();

/// Reports `amount` an iteration as a rate, such as FLOP=90G/s or bytes=12G/s.
void count_rate(benchmark::State& state, const char* what, double amount);
/// Runs it on one and on two threads; the number is state.range(0).
void on_threads(benchmark::internal::Benchmark* benchmark);

}  // namespace bench
