#pragma once
/// Activation functions and their slopes, how much of a network stands where they are flat, and
/// what dropout leaves of a state.

#include <unroll/unroll.h>

#include <span>
#include <string>
#include <vector>

#include "bptt/folder.h"

namespace bptt {

/// A function and its derivative at one place.
struct Slope {
  double x;
  double y;
  double slope;
};
/// `f`, element-wise, and its derivative at each x, both from a tape.
[[nodiscard]] std::vector<Slope> slopes_of(unroll::Var (*f)(unroll::Var),
                                           std::span<const double> x);

/// How much of an activation function's work is done where it is nearly flat.
struct Saturation {
  std::string name;          // of the operation
  unroll::Index values = 0;  // that it gave
  double share = 0;          // of them where its slope is below a tenth of its largest
};
/// The sigmoid, tanh and relu nodes recorded up to `last`, which gradients have not recorded; one
/// entry for each of the three that occurs. Slopes are the tape's.
[[nodiscard]] std::vector<Saturation> saturations(unroll::Var last);

/// Where units are dropped.
enum class Dropped : std::uint8_t {
  input,                // of each step: the mask is no part of the connection from step to step
  state,                // the state, at each step anew
  state_with_one_mask,  // what U multiplies, the same units at each step (Gal & Ghahramani 2016)
};
/// The share of a state of `units` ones, in each of `sequences`, that is not zero after `steps`
/// steps of h' = W x + U h with U the identity, when each unit is dropped with probability `rate`.
[[nodiscard]] double surviving(Dropped dropped, double rate, unroll::Index steps,
                               unroll::Index units, unroll::Index sequences, std::uint64_t seed);
/// The expected share for each place of dropout: 1 for the input, (1 - rate)^steps for the state,
/// 1 - rate for the state with one mask; 1 after no step.
[[nodiscard]] double expected_to_survive(Dropped dropped, double rate, unroll::Index steps);

/// The chapter.
void run_activations(const Folder& folder);

}  // namespace bptt
