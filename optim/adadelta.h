#pragma once
/// AdaDelta.

#include <unroll/optim/slots.h>

namespace unroll {

/// The numbers of AdaDelta's formulas.
struct AdaDeltaOptions {
  double learning_rate = 1;  // the paper has none
  double decay = 0.95;       // rho
  double epsilon = 1e-6;     // inside both roots
  double weight_decay = 0;   // L2: g + weight_decay p stands for g
};

/// AdaDelta (Zeiler 2012, arXiv:1212.5701, algorithm 1), epsilon inside both roots:
///
///     v = rho v + (1 - rho) g^2
///     d = sqrt(u + epsilon) / sqrt(v + epsilon) g
///     u = rho u + (1 - rho) d^2
///     p -= lr d
///
/// Where g = 0 nothing moves and u and v shrink by rho a step: rows that a step does not touch are
/// not visited, and are brought up to date by rho^k when they next are. That rounds once where k
/// steps round k times, so it agrees with the dense step to about k units in the last place. With
/// weight decay every row moves at every step, and every step visits all parameters.
class AdaDelta final : public SlotOptimizer {
 public:
  using Options = AdaDeltaOptions;
  static constexpr std::string_view source = "Zeiler 2012, algorithm 1";
  static constexpr std::string_view equations =
      "v = rho v + (1 - rho) g^2\n"
      "d = sqrt(u + epsilon) / sqrt(v + epsilon) g\n"
      "u = rho u + (1 - rho) d^2\n"
      "p -= lr d";

  /// Error for a negative rate or weight decay, a decay outside [0, 1), an epsilon not above 0.
  explicit AdaDelta(const Options& options = {});

  void step(const Gradients& gradients) override;

 private:
  Options options_;
};

}  // namespace unroll
