#pragma once
/// Learning rates that change as training goes on, and when to stop.
///
/// Each schedule is a value with a formula for the rate at time t, which counts epochs, or steps,
/// from 0, whichever suits: `optimizer.learning_rate = schedule.rate(epoch)`. Those that watch the
/// loss keep what they saw in plain numbers, for a checkpoint to save.

#include <unroll/core/shape.h>

#include <limits>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

namespace unroll {

/// "No loss yet" among losses: no loss has risen above it, and unlike infinity any text format
/// can hold it.
inline constexpr double kNoLoss = std::numeric_limits<double>::max();

/// rate(t) = r.
struct ConstantRate {
  static constexpr std::string_view name = "constant";
  static constexpr std::string_view source = "the plain method";
  static constexpr std::string_view equations = "rate(t) = r";
  double r;  // at every t
};

/// rate(t) = r factor^max(0, t + 1 - hold): r for `hold` epochs, then `factor` times less each
/// epoch. Zaremba et al. 2014, small model: {1, 4, 0.5}; char-rnn (Karpathy 2015): {0.002, 10,
/// 0.97}.
struct HoldThenDecay {
  static constexpr std::string_view name = "hold-then-decay";
  static constexpr std::string_view source = "Zaremba et al. 2014; char-rnn (Karpathy 2015)";
  static constexpr std::string_view equations = "rate(t) = r factor^max(0, t + 1 - hold)";
  double r;       // at first
  Index hold;     // so many epochs
  double factor;  // of each epoch after them, in (0, 1]
};

/// rate(t) = r factor^floor(t / every).
struct StepDecay {
  static constexpr std::string_view name = "step";
  static constexpr std::string_view source = "as PyTorch's StepLR";
  static constexpr std::string_view equations = "rate(t) = r factor^floor(t / every)";
  double r;       // at first
  Index every;    // so many steps
  double factor;  // each time, in (0, 1]
};

/// rate(t) = end + (r - end) (1 + cos(pi min(t, length) / length)) / 2, without restarts
/// (Loshchilov & Hutter 2017, arXiv:1608.03983, eq. 5).
struct CosineDecay {
  static constexpr std::string_view name = "cosine";
  static constexpr std::string_view source = "Loshchilov & Hutter 2017, eq. 5";
  static constexpr std::string_view equations =
      "rate(t) = end + (r - end) (1 + cos(pi min(t, length) / length)) / 2";
  double r;        // at first
  Index length;    // in steps
  double end = 0;  // from `length` on
};

/// Whenever a loss is above the one observed before it, r = factor r (the WildML RNN tutorial,
/// Britz 2015, with factor 1/2).
struct HalveOnRise {
  static constexpr std::string_view name = "halve-on-rise";
  static constexpr std::string_view source = "the WildML RNN tutorial (Britz 2015)";
  static constexpr std::string_view equations =
      "rate(t) = r; where the loss has risen, r = factor r";
  double r;                    // now
  double factor = 0.5;         // each time, in (0, 1]
  double last_loss = kNoLoss;  // the loss observed last
};

/// Any of them, and a linear warm-up before it:
///
///     Schedule(HoldThenDecay{1, 4, 0.5})
///     Schedule(CosineDecay{0.002, 9000}, 1000)      // 1000 steps up, 9000 down
///
/// With a warm-up of n, rate(t) is (t + 1) / (n + 1) of the schedule's rate(0) while t < n, and the
/// schedule's rate(t - n) from then on (Goyal et al. 2017, arXiv:1706.02677, section 2.2).
class Schedule {
 public:
  /// The schedules there are.
  using Kind = std::variant<ConstantRate, HoldThenDecay, StepDecay, CosineDecay, HalveOnRise>;

  /// Error for a rate that is not above 0 (an end: below 0), a factor outside (0, 1], a length or
  /// `every` below 1, a hold or warm-up below 0.
  explicit Schedule(Kind kind, Index warm_up = 0);

  /// The learning rate at time t, counted from 0; Error for t below 0.
  [[nodiscard]] double rate(Index t) const;
  /// Tells it a loss that was measured; whether the rate has changed. Only HalveOnRise listens.
  /// Error for a loss that is not a number.
  bool observe(double loss);

  /// The numbers that change as it observes, none for most; to be saved.
  [[nodiscard]] std::vector<double> state() const;
  /// Takes them back; Error where they are not those of a schedule like this.
  void restore(std::span<const double> state);

  /// The kind of schedule, with the last loss that it observed.
  [[nodiscard]] const Kind& kind() const { return kind_; }

 private:
  Kind kind_;
  Index warm_up_;
};

/// Stops a training that has got no better for `patience` measurements (Prechelt 1998, "Early
/// stopping - but when?"). Its members are all there is to save.
struct EarlyStopping {
  Index patience;         // measurements without a new best
  double best = kNoLoss;  // the least loss so far
  Index since = 0;        // measurements since then

  /// Tells it a loss that was measured; whether it is the best so far, so worth keeping the
  /// parameters of. A loss that is not a number is no better. Error for a patience below 1.
  bool observe(double loss);
  /// Whether there were `patience` measurements without a new best.
  [[nodiscard]] bool stop() const { return since >= patience; }
};

}  // namespace unroll
