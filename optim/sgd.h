#pragma once
/// Stochastic gradient descent, plain and with momentum.

#include <unroll/optim/slots.h>

namespace unroll {

/// The numbers of SGD's formulas.
struct SgdOptions {
  double learning_rate = 0.1;  // lr
  double momentum = 0;         // mu
  bool nesterov = false;       // needs a momentum
  double weight_decay = 0;     // L2: g + weight_decay p stands for g
};

/// Stochastic gradient descent (Robbins & Monro 1951): p -= lr g; with momentum (Polyak 1964)
///
///     v = mu v + g        p -= lr v                 Nesterov: p -= lr (g + mu v)
///
/// in the form of Sutskever et al. 2013 that PyTorch uses: the learning rate stands outside v.
///
/// Plain, it does not visit rows of an embedding that no id touched. With momentum or weight decay
/// every row moves at every step, whether touched or not, and any row may be read next: there the
/// exact step is one over all parameters, and that is what it is.
class Sgd final : public SlotOptimizer {
 public:
  using Options = SgdOptions;
  static constexpr std::string_view source = "Robbins & Monro 1951";
  static constexpr std::string_view equations = "p -= lr g";
  static constexpr std::string_view momentum_source = "Polyak 1964, as in PyTorch";
  static constexpr std::string_view momentum_equations =
      "v = mu v + g\n"
      "p -= lr v";
  static constexpr std::string_view nesterov_source = "Sutskever et al. 2013, as in PyTorch";
  static constexpr std::string_view nesterov_equations =
      "v = mu v + g\n"
      "p -= lr (g + mu v)";

  /// Error for a negative rate or weight decay, a momentum outside [0, 1), or `nesterov` without.
  explicit Sgd(const Options& options = {});
  explicit Sgd(double learning_rate) : Sgd(Options{.learning_rate = learning_rate}) {}

  void step(const Gradients& gradients) override;

 private:
  Options options_;
};

}  // namespace unroll
