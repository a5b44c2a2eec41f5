#pragma once
/// Adagrad.

#include <unroll/optim/slots.h>

namespace unroll {

/// The numbers of Adagrad's formulas.
struct AdagradOptions {
  double learning_rate = 0.1;  // that of min-char-rnn (Karpathy 2015)
  double epsilon = 1e-10;      // beside the root
  double weight_decay = 0;     // L2: g + weight_decay p stands for g
};

/// Adagrad (Duchi, Hazan & Singer 2011), the diagonal form:
///
///     v = v + g^2
///     p -= lr g / (sqrt(v) + epsilon)
///
/// Where g = 0 nothing changes: rows that a step does not touch are not visited, and the result is
/// that of the dense step, bit for bit. With weight decay every row moves at every step, and every
/// step visits all parameters.
class Adagrad final : public SlotOptimizer {
 public:
  using Options = AdagradOptions;
  static constexpr std::string_view source = "Duchi, Hazan & Singer 2011";
  static constexpr std::string_view equations =
      "v = v + g^2\n"
      "p -= lr g / (sqrt(v) + epsilon)";

  /// Error for a negative rate or weight decay, an epsilon that is not above 0.
  explicit Adagrad(const Options& options = {});

  void step(const Gradients& gradients) override;

 private:
  Options options_;
};

}  // namespace unroll
