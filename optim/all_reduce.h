#pragma once
/// Gradients of several processes added up.

#include <unroll/core/gradients.h>
#include <unroll/optim/processes.h>

namespace unroll {

/// When gradients that are not computed yet are exchanged. Those that are computed already, by
/// Gradients::run(), are exchanged after that run in any case.
enum class Exchange {
  /// During the run that computes them, where the processes are on several machines. On one,
  /// messages are copies by the same cores, and there is nothing to wait for.
  where_it_pays,
  /// Large dense ones during the run, each as soon as it is complete.
  during_the_run,
};

/// Adds the gradients of all processes up: each then has the sums, the same to the bit. Give every
/// process its part of a batch and divide its loss by the size of the whole batch, and the sums are
/// the gradient of the whole batch, to rounding.
///
///     const Interval mine = processes.share(batch);
///     Gradients gradients = tape.gradients(loss_of(mine) / batch, parameters);
///     all_reduce(processes, gradients);
///
/// Of a row-sparse gradient only the rows are exchanged that some process has touched; all
/// processes count these as touched afterwards. Each process adds up its share of the elements, in
/// the order of ranks, and sends the sums to all: 2 (N - 1) / N times the size of the gradients
/// goes out of and into each of N processes (reduce-scatter and all-gather; Rabenseifner,
/// "Optimization of collective reduction operations", ICCS 2004).
///
/// Gradients that are not computed yet are computed by it, and `exchange` says when they are
/// exchanged; the bits are the same. During the run the blocks under way take memory, at most as
/// much as all gradients.
///
/// After an exception in the middle of an exchange all processes have to end: another call is an
/// Error.
///
/// All processes call it, with gradients of like parameters; Error in all of them where these
/// differ. Returns the bytes that this process has sent.
std::int64_t all_reduce(const Processes& processes, Gradients& gradients,
                        Exchange exchange = Exchange::where_it_pays);

}  // namespace unroll
