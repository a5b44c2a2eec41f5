#pragma once
/// What truncation makes of a gradient: windows of fixed length, pieces, and random lengths.

#include <unroll/unroll.h>

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "bptt/folder.h"

namespace bptt {

/// A cell that reads sequences and, at each step, has to repeat what it read some steps before; its
/// loss is the mean squared error. All f64.
class Echo {
 public:
  /// A new cell of `entry`, and sequences (steps, batch, 1) to be repeated `delay` steps later.
  Echo(const unroll::CellEntry& entry, const unroll::CellOptions& options, unroll::Index steps,
       unroll::Index delay);

  /// A gradient with respect to the parameters of the cell, one after the other. Those of the
  /// readout are left out: truncation does not change their gradients.
  using Gradient = std::vector<double>;
  /// The gradient over the whole sequence.
  [[nodiscard]] Gradient full() const;
  /// Where the gradient of each output goes back at most `steps_back` steps further than its own
  /// (unroll_truncated).
  [[nodiscard]] Gradient windowed(unroll::Index steps_back) const;
  /// Where the sequence is read in pieces of `size` steps: the state goes on to the next piece, the
  /// gradient does not come back.
  [[nodiscard]] Gradient in_pieces(unroll::Index size) const;
  /// Where the gradient goes on at each step with probability `keep` only, and is then divided by
  /// it (unroll_randomized).
  [[nodiscard]] Gradient randomized(double keep, unroll::Random& random) const;

 private:
  using Unroll = std::function<unroll::Var(unroll::Var x, unroll::AnyState state)>;
  [[nodiscard]] Gradient gradient(const Unroll& unroll) const;

  unroll::Parameters parameters_{unroll::DType::f64, 1};
  unroll::AnyCell cell_;
  unroll::Linear readout_;
  unroll::Tensor x_;
  unroll::Tensor y_;
};

/// How a gradient lies to another.
struct Likeness {
  double cosine;  // of the angle between the two
  double length;  // of the first, in lengths of the second
};
[[nodiscard]] Likeness compare(std::span<const double> gradient, std::span<const double> full);

/// What many randomised gradients say about their mean.
struct Randomized {
  std::vector<double> mean;            // over the draws
  std::vector<double> standard_error;  // of each element of the mean
  double mean_cosine = 0;              // of single draws with the full gradient
  double distance = 0;                 // of the mean from the full gradient, in lengths of that
  double expected_distance = 0;        // the same, were the true mean the full gradient: by chance
};
[[nodiscard]] Randomized draw_randomized(const Echo& echo, double keep, int draws,
                                         std::uint64_t seed);

/// The squared error that says what the mean of the numbers to be repeated says: their variance,
/// that of a number uniform in [-1, 1].
inline constexpr double kEchoGuessing = 1.0 / 3;
/// Trains an RNN of 16 units, tanh, U orthogonal at first, to repeat numbers `delay` steps later,
/// over new sequences of `steps` steps at each update, with windows of `steps_back` (where it is
/// not below `steps` nothing is cut). The loss over the updates: the mean of each fifty.
[[nodiscard]] std::vector<examples::ChartPoint> train_echo(unroll::Index steps, unroll::Index delay,
                                                           unroll::Index steps_back,
                                                           unroll::Index updates);

/// The chapter.
void run_truncate(const Folder& folder);

}  // namespace bptt
