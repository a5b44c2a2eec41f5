#pragma once
/// RMSProp in the forms that are in use.

#include <unroll/optim/slots.h>

namespace unroll {

/// Where epsilon stands: sqrt(v) + epsilon or sqrt(v + epsilon).
enum class Epsilon : std::uint8_t { outside, inside };

/// The numbers of RMSProp's formulas.
struct RmsPropOptions {
  double learning_rate = 0.002;           // this, the decay and epsilon: char-rnn's (Karpathy 2015)
  double decay = 0.95;                    // rho
  double epsilon = 1e-8;                  // inside or beside the root
  Epsilon epsilon_is = Epsilon::outside;  // which of the two
  bool centred = false;     // divide by the standard deviation instead of the root mean square
  double momentum = 0;      // mu
  double weight_decay = 0;  // L2: g + weight_decay p stands for g
};

/// RMSProp (Tieleman & Hinton 2012, lecture 6e): each element's step is divided by the root of a
/// running mean of its squared gradient.
///
///     v = rho v + (1 - rho) g^2
///     p -= lr g / (sqrt(v) + epsilon)       epsilon outside: PyTorch, char-rnn
///     p -= lr g / sqrt(v + epsilon)         epsilon inside: the WildML tutorial
///
/// Centred, as Graves wrote it (2013, arXiv:1308.0850, eqs. 38-41), m = rho m + (1 - rho) g is kept
/// too, v - m^2 stands for v, and steps gather momentum: u = mu u + lr g / ..., p -= u. (PyTorch
/// multiplies u by the rate afterwards, which is the same as long as the rate is.) Rounding may
/// make v - m^2 negative; it then counts as 0.
///
/// Where g = 0 nothing moves and v and m shrink by rho a step: rows that a step does not touch are
/// not visited, and are brought up to date by rho^k when they next are. That rounds once where k
/// steps round k times, so it agrees with the dense step to about k units in the last place. With
/// momentum or weight decay every row moves at every step: there the exact step is one over all
/// parameters, and that is what it is.
class RmsProp final : public SlotOptimizer {
 public:
  using Options = RmsPropOptions;
  static constexpr std::string_view source = "Tieleman & Hinton 2012, as in PyTorch";
  static constexpr std::string_view equations =
      "v = rho v + (1 - rho) g^2\n"
      "p -= lr g / (sqrt(v) + epsilon)";
  static constexpr std::string_view inside_source =
      "Tieleman & Hinton 2012, as in WildML's tutorial";
  static constexpr std::string_view inside_equations =
      "v = rho v + (1 - rho) g^2\n"
      "p -= lr g / sqrt(v + epsilon)";
  static constexpr std::string_view graves_source = "Graves 2013, eqs. 38-41";
  static constexpr std::string_view graves_equations =
      "v = rho v + (1 - rho) g^2\n"
      "m = rho m + (1 - rho) g\n"
      "u = mu u + lr g / sqrt(v - m^2 + epsilon)\n"
      "p -= u";

  /// The settings of the WildML GRU tutorial (Britz 2015): m = 0.9 m + 0.1 g^2,
  /// p -= lr g / sqrt(m + 1e-6).
  [[nodiscard]] static Options wildml();
  /// The settings of Graves 2013.
  [[nodiscard]] static Options graves();

  /// Error for a negative rate or weight decay, a decay or momentum outside [0, 1), an epsilon that
  /// is not above 0.
  explicit RmsProp(const Options& options = {});

  void step(const Gradients& gradients) override;

 private:
  Options options_;
};

}  // namespace unroll
