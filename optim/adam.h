#pragma once
/// Adam, and AdamW.

#include <unroll/optim/slots.h>

namespace unroll {

/// The numbers of Adam's formulas.
struct AdamOptions {
  double learning_rate = 0.001;  // lr
  double beta1 = 0.9;            // of the mean of gradients
  double beta2 = 0.999;          // of the mean of their squares
  double epsilon = 1e-8;         // beside the root
  double weight_decay = 0;       // L2: g + weight_decay p stands for g
};

/// Adam (Kingma & Ba 2015, algorithm 1); t counts the steps from 1:
///
///     m = beta1 m + (1 - beta1) g
///     v = beta2 v + (1 - beta2) g^2
///     p -= lr m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon)
///
/// m moves every row at every step, whether the gradient touches it or not, and any row may be read
/// next: the exact step is one over all parameters, and that is what it is, also for the rows of an
/// embedding. (What other libraries offer for sparse gradients skips those rows: another method.)
class Adam final : public SlotOptimizer {
 public:
  using Options = AdamOptions;
  static constexpr std::string_view source = "Kingma & Ba 2015, algorithm 1";
  static constexpr std::string_view equations =
      "m = beta1 m + (1 - beta1) g\n"
      "v = beta2 v + (1 - beta2) g^2\n"
      "p -= lr m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon)";

  /// Error for a negative rate or weight decay, a beta outside [0, 1), an epsilon not above 0.
  explicit Adam(const Options& options = {});

  void step(const Gradients& gradients) override;

 private:
  Options options_;
};

/// The numbers of AdamW's formulas.
struct AdamWOptions {
  double learning_rate = 0.001;  // lr
  double beta1 = 0.9;            // of the mean of gradients
  double beta2 = 0.999;          // of the mean of their squares
  double epsilon = 1e-8;         // beside the root
  double weight_decay = 0.01;    // lambda
};

/// Adam with decoupled weight decay (Loshchilov & Hutter 2019, arXiv:1711.05101, algorithm 2, with
/// the decay scaled by the learning rate as in PyTorch): before Adam's step, p -= lr lambda p.
/// Like Adam's, a step visits all parameters.
class AdamW final : public SlotOptimizer {
 public:
  using Options = AdamWOptions;
  static constexpr std::string_view source = "Loshchilov & Hutter 2019, as in PyTorch";
  static constexpr std::string_view equations =
      "p -= lr lambda p\n"
      "m = beta1 m + (1 - beta1) g\n"
      "v = beta2 v + (1 - beta2) g^2\n"
      "p -= lr m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon)";

  /// Error as Adam's.
  explicit AdamW(const Options& options = {});

  void step(const Gradients& gradients) override;

 private:
  Options options_;
};

}  // namespace unroll
